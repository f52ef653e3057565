# Who may do what. Each component runs as an account of its own; nobody holds a key, and every role
# is granted on the one resource that needs it. The project itself appears where a service has
# nothing smaller to grant on: Firestore (held to the one database), Vertex AI, Eventarc, and for
# Google's own agents.

locals {
  accounts = { for name, title in local.all_accounts : name => title if !contains(local.absent, try(local.topology.functions[name].needs, name)) }

  all_accounts = {
    on-scan-uploaded   = "Queues an uploaded scan"
    on-instance-stored = "Gathers what an archive stores"
    on-label-created   = "Exports labels, starts retraining"
    on-dead-letter     = "Marks scans that nobody could read"
    sweep              = "Finishes what a crash left, finds what events lost"
    api                = "Answers the web app"
    inference-service  = "Reads scans"
    training           = "Runs the pipeline on Vertex AI"
    push               = "Pub/Sub, when it pushes to the worker"
    events             = "Eventarc, when it calls a function"
    scheduler          = "Cloud Scheduler, when it calls a function"
    backup             = "Cloud Scheduler, when it has documents exported"
  }

  bucket_roles = concat(local.everywhere_in_buckets, var.archive ? local.archive_in_buckets : [])

  archive_in_buckets = [
    { account = "on-instance-stored", role = "roles/storage.objectViewer", bucket = "uploads" },  # which lists there are
    { account = "on-instance-stored", role = "roles/storage.objectCreator", bucket = "uploads" }, # addresses, and lists of these
  ]

  everywhere_in_buckets = [
    { account = "api", role = "roles/storage.objectCreator", bucket = "uploads" }, # starts uploads
    { account = "api", role = "roles/storage.objectViewer", bucket = "results" },  # signs for reading
    { account = "inference-service", role = "roles/storage.objectViewer", bucket = "uploads" },
    { account = "inference-service", role = "roles/storage.objectCreator", bucket = "uploads" }, # series of archives
    { account = "inference-service", role = "roles/storage.objectUser", bucket = "results" },
    { account = "inference-service", role = "roles/storage.objectViewer", bucket = "models" },
    { account = "on-label-created", role = "roles/storage.objectUser", bucket = "results" },    # label files
    { account = "on-label-created", role = "roles/storage.objectViewer", bucket = "pipeline" }, # the template
    { account = "sweep", role = "roles/storage.objectViewer", bucket = "pipeline" },            # the template
    { account = "on-scan-uploaded", role = "roles/storage.objectViewer", bucket = "uploads" },  # looks for slices
    { account = "sweep", role = "roles/storage.objectViewer", bucket = "uploads" },             # lists them
    { account = "sweep", role = "roles/storage.objectCreator", bucket = "uploads" },            # lists of slices
    { account = "sweep", role = "roles/storage.objectUser", bucket = "results" },               # label files
    { account = "training", role = "roles/storage.objectViewer", bucket = "uploads" },          # labelled scans
    { account = "training", role = "roles/storage.objectViewer", bucket = "results" },
    { account = "training", role = "roles/storage.objectUser", bucket = "pipeline" },
    { account = "training", role = "roles/storage.objectViewer", bucket = "models" },
    { account = "training", role = "roles/storage.objectCreator", bucket = "models" }, # adds, never replaces
  ]

  publishers = [
    { account = "api", topic = local.worker_subscription.topic }, # a scan is retried
    { account = "on-scan-uploaded", topic = local.worker_subscription.topic },
    { account = "sweep", topic = local.worker_subscription.topic },             # an upload had no event
    { account = "on-dead-letter", topic = local.worker_subscription.topic },    # it was not the scan's fault
    { account = "on-label-created", topic = local.worker_subscription.topic },  # a verdict is to be filed
    { account = "inference-service", topic = local.worker_subscription.topic }, # so is what was read
  ]

  # Pub/Sub, Eventarc and Scheduler reach what they call, and nothing else does.
  invokers = merge(
    { inference-service = "push" },
    { for name, function in local.event_functions : name => "events" },
    { for name, function in local.scheduled_functions : name => "scheduler" },
  )

  database_users    = concat(["api", "inference-service", "on-dead-letter", "on-label-created", "on-scan-uploaded", "sweep", "training"], local.archive_listeners)
  archive_listeners = var.archive ? ["on-instance-stored"] : []
  pipeline_starters = ["on-label-created", "sweep"]
}

resource "google_service_account" "component" {
  for_each = local.accounts

  account_id   = "discai-${each.key}"
  display_name = each.value
  depends_on   = [google_project_service.api]
}

# The whole of a bucket's policy. By itself Google lets the project's Viewers read every object and its
# Editors change them, by two bindings that each new bucket has; here these are gone. Owners stay: they
# deploy, and remove a patient's scan.
locals {
  owners = [for role in ["roles/storage.legacyBucketOwner", "roles/storage.legacyObjectOwner"] : {
    role    = role
    members = ["projectOwner:${var.project}"]
  }]

  granted = { for purpose, _ in local.topology.buckets : purpose => concat(
    [for grant in local.bucket_roles : {
      role   = grant.role
      member = google_service_account.component[grant.account].member
    } if grant.bucket == purpose],
    [for uploader in purpose == "uploads" ? var.uploaders : [] : {
      role   = "roles/storage.objectCreator" # adds: reads, lists and replaces nothing
      member = uploader
    }],
    [for role in contains(local.backed_up, purpose) ? local.copies_from : [] : {
      role   = role
      member = local.copier
    }],
  ) }
}

resource "google_storage_bucket_iam_policy" "purpose" {
  for_each = local.granted

  bucket = google_storage_bucket.purpose[each.key].name
  policy_data = jsonencode({ bindings = concat(local.owners, [
    for role in sort(distinct(each.value[*].role)) : {
      role    = role
      members = sort(distinct([for grant in each.value : grant.member if grant.role == role]))
    }
  ]) })

  depends_on = [data.google_storage_transfer_project_service_account.agent]
}

# Grants that were made one by one are part of the policies now: to take them back would break these.
removed {
  from = google_storage_bucket_iam_member.component

  lifecycle {
    destroy = false
  }
}

resource "google_storage_bucket_iam_policy" "builds" {
  bucket      = google_storage_bucket.builds.name
  policy_data = jsonencode({ bindings = local.owners })
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = { for grant in local.publishers : "${grant.account} ${grant.topic}" => grant }

  topic  = google_pubsub_topic.topic[each.value.topic].id
  role   = "roles/pubsub.publisher"
  member = google_service_account.component[each.value.account].member
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = local.invokers

  name     = local.services[each.key].name
  location = local.services[each.key].location
  role     = "roles/run.invoker"
  member   = google_service_account.component[each.value].member
}

resource "google_project_iam_member" "database_user" {
  for_each = toset(local.database_users)

  project = var.project
  role    = "roles/datastore.user"
  member  = google_service_account.component[each.key].member

  condition {
    title      = "only this database"
    expression = "resource.name == \"${google_firestore_database.default.id}\""
  }
}

# A signed URL is signed by the account itself, and only the api signs.
resource "google_service_account_iam_member" "signer" {
  service_account_id = google_service_account.component["api"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.component["api"].member
}

resource "google_project_iam_custom_role" "pipeline_starter" {
  role_id     = "discaiPipelineStarter"
  title       = "Starts and follows pipeline jobs"
  permissions = ["aiplatform.pipelineJobs.create", "aiplatform.pipelineJobs.get", "aiplatform.pipelineJobs.cancel"]
}

resource "google_project_iam_member" "pipeline_starter" {
  for_each = toset(local.pipeline_starters)

  project = var.project
  role    = google_project_iam_custom_role.pipeline_starter.name
  member  = google_service_account.component[each.key].member
}

# Who starts a job hands it the training account.
resource "google_service_account_iam_member" "runs_as_training" {
  for_each = toset(local.pipeline_starters)

  service_account_id = google_service_account.component["training"].name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.component[each.key].member
}

resource "google_project_iam_member" "training" {
  project = var.project
  role    = "roles/aiplatform.user"
  member  = google_service_account.component["training"].member
}

# What of a run's curves is no number, Vertex AI keeps in a bucket that it makes for the TensorBoard.
resource "google_storage_bucket_iam_member" "training_profiles" {
  bucket = split("/", google_vertex_ai_tensorboard.training.blob_storage_path_prefix)[0]
  role   = "roles/storage.objectUser"
  member = google_service_account.component["training"].member
}

resource "google_project_iam_member" "event_receiver" {
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.component["events"].member
}

# Google's own agents. Each has the role that Google grants to an agent that it makes by itself; those
# of apis.tf are made on request, and then nobody else does: Cloud Run could not even pull an image.
resource "google_project_iam_member" "agent" {
  #checkov:skip=CKV_GCP_49:Google defines what its agents may do, and would grant the same if it made them later by itself
  for_each = google_project_service_identity.agent

  project = var.project
  role    = "roles/${each.key}.serviceAgent"
  member  = each.value.member
}

# Cloud Storage publishes to the topic that Eventarc makes for the trigger.
resource "google_project_iam_member" "storage_publishes_events" {
  project = var.project
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.agent.member
}

resource "google_service_account_iam_member" "pubsub_signs_pushes" {
  service_account_id = google_service_account.component["push"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_project_service_identity.agent["pubsub"].member
}

resource "google_pubsub_topic_iam_member" "pubsub_buries" {
  topic  = google_pubsub_topic.topic[local.worker_subscription.dead_letter.topic].id
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.agent["pubsub"].member
}

resource "google_pubsub_subscription_iam_member" "pubsub_acknowledges" {
  subscription = google_pubsub_subscription.worker.id
  role         = "roles/pubsub.subscriber"
  member       = google_project_service_identity.agent["pubsub"].member
}
