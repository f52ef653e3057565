# The small example: what holds for every deployment, and what is particular to CPU.
#   terraform test -filter=tests/small.tftest.hcl
# The providers are mocked, so that this needs no project; ids and addresses are made up.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}
mock_provider "google-beta" {}

variables {
  project = "demo-small"
  images = {
    functions         = "europe-west4-docker.pkg.dev/demo-small/discai/functions@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    inference_service = "europe-west4-docker.pkg.dev/demo-small/discai/worker@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  }
}

run "example" {
  command = plan

  module {
    source = "./tests/example"
  }

  variables {
    name = "small"
  }
}

run "small" {
  command = plan

  variables {
    region        = run.example.settings.region
    accelerator   = run.example.settings.accelerator
    min_instances = run.example.settings.min_instances
    max_instances = run.example.settings.max_instances
    alert_email   = run.example.settings.alert_email
    reviewers     = run.example.settings.reviewers
  }

  # The worker
  assert {
    condition     = length(google_cloud_run_v2_service.worker.template[0].node_selector) == 0 && !contains(keys(google_cloud_run_v2_service.worker.template[0].containers[0].resources[0].limits), "nvidia.com/gpu")
    error_message = "Without an accelerator the worker asks for no GPU."
  }
  assert {
    condition     = google_cloud_run_v2_service.worker.template[0].scaling[0].min_instance_count == 0 && google_cloud_run_v2_service.worker.template[0].containers[0].resources[0].cpu_idle
    error_message = "The small deployment costs nothing while nobody uploads."
  }
  assert {
    condition     = google_cloud_run_v2_service.worker.template[0].max_instance_request_concurrency == 1 && google_cloud_run_v2_service.worker.template[0].timeout == "590s"
    error_message = "A worker reads one scan at a time, and gives up before Pub/Sub does."
  }
  assert {
    condition     = google_cloud_run_v2_service.worker.template[0].containers[0].startup_probe[0].http_get[0].path == "/readyz"
    error_message = "A worker gets scans once its model is loaded."
  }
  assert {
    condition     = length(google_kms_crypto_key.data) + length(google_compute_network.private) + length(google_billing_budget.month) + length(google_healthcare_dicom_store.archive) + length(google_storage_bucket.backup) + length(google_cloud_scheduler_job.export) + length(google_binary_authorization_policy.images) == 0
    error_message = "Key, network, budget, archive, second region and admission are for those who ask for them."
  }

  # Buckets
  assert {
    condition     = keys(google_storage_bucket.purpose) == ["models", "pipeline", "results", "uploads"]
    error_message = "One bucket per purpose."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.purpose : bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced" && !bucket.force_destroy && bucket.soft_delete_policy[0].retention_duration_seconds >= 604800])
    error_message = "No bucket can be made public, or lose its objects at once."
  }
  assert {
    condition     = alltrue([for purpose in ["uploads", "results"] : google_storage_bucket.purpose[purpose].versioning[0].enabled])
    error_message = "Uploads of one name are scans of their own, and a replaced label file can be had back."
  }
  assert {
    condition     = { for purpose, bucket in google_storage_bucket.purpose : purpose => flatten(bucket.cors[*].origin) } == { models = [], pipeline = [], results = ["https://demo-small.web.app"], uploads = ["https://demo-small.web.app"] }
    error_message = "Only pages of the web app reach the buckets that a browser needs."
  }

  assert {
    condition     = google_storage_bucket.builds.name == "demo-small-builds" && lower(google_storage_bucket.builds.location) == "europe-west4" && google_storage_bucket.builds.uniform_bucket_level_access && google_storage_bucket.builds.public_access_prevention == "enforced"
    error_message = "Sources of builds are sent to a private bucket of the region."
  }
  assert {
    condition     = output.builds.region == "europe-west1"
    error_message = "Builds run where any project may build."
  }

  # Events
  assert {
    condition     = { for name, trigger in google_eventarc_trigger.function : name => trigger.location } == { on-dead-letter = "europe-west4", on-label-created = "europe-west4", on-scan-uploaded = "europe-west4" }
    error_message = "A trigger in another region than its bucket or database never fires."
  }
  assert {
    condition     = google_firestore_database.default.location_id == "europe-west4" && alltrue([for bucket in google_storage_bucket.purpose : lower(bucket.location) == "europe-west4"])
    error_message = "Scans, labels and results stay in one region."
  }
  assert {
    condition     = google_eventarc_trigger.function["on-label-created"].event_data_content_type == "application/protobuf"
    error_message = "Firestore's events come as protobuf only."
  }
  assert {
    condition     = { for criterion in google_eventarc_trigger.function["on-label-created"].matching_criteria : criterion.attribute => criterion.value } == { type = "google.cloud.firestore.document.v1.created", database = "(default)", document = "scans/{scanId}/labels/{labelId}" }
    error_message = "Each new label calls on-label-created."
  }
  assert {
    condition     = { for criterion in google_eventarc_trigger.function["on-scan-uploaded"].matching_criteria : criterion.attribute => criterion.value } == { type = "google.cloud.storage.object.v1.finalized", bucket = "demo-small-uploads" }
    error_message = "Each new object in the uploads bucket calls on-scan-uploaded."
  }
  assert {
    condition     = google_eventarc_trigger.function["on-dead-letter"].transport[0].pubsub[0].topic == google_pubsub_topic.topic["inference-dead-letters"].id
    error_message = "Each dead letter calls on-dead-letter."
  }
  assert {
    condition     = { for name, job in google_cloud_scheduler_job.call : name => "${job.schedule} ${job.http_target[0].uri}" } == { sweep = "*/10 * * * * https://sweep.run.app/", monthly-retraining = "0 3 1 * * https://sweep.run.app/monthly", gathering = "* * * * * https://sweep.run.app/gathers" }
    error_message = "The sweep is called every ten minutes, and once a month it starts a run."
  }

  # The queue
  assert {
    condition     = google_pubsub_subscription.worker.ack_deadline_seconds == local.topology.subscriptions["inference-worker"].ack_deadline_seconds && google_pubsub_subscription.worker.retry_policy[0].minimum_backoff == "10s" && google_pubsub_subscription.worker.retry_policy[0].maximum_backoff == "600s"
    error_message = "Deadline and retries are those of topology.yaml."
  }
  assert {
    condition     = alltrue(concat([for function in google_cloud_run_v2_service.function : function.template[0].timeout == "300s"], [for job in google_cloud_scheduler_job.call : job.attempt_deadline == "300s" && job.retry_config[0].retry_count == 3]))
    error_message = "The clock waits for a function as long as it may take, and calls again."
  }
  assert {
    condition     = try(google_pubsub_subscription.worker.dead_letter_policy[0].dead_letter_topic == google_pubsub_topic.topic["inference-dead-letters"].id && google_pubsub_subscription.worker.dead_letter_policy[0].max_delivery_attempts == 20, false)
    error_message = "After 20 attempts a scan becomes a dead letter."
  }
  assert {
    condition     = google_pubsub_topic_iam_member.pubsub_buries.topic == google_pubsub_topic.topic["inference-dead-letters"].id && google_pubsub_topic_iam_member.pubsub_buries.role == "roles/pubsub.publisher" && google_pubsub_subscription_iam_member.pubsub_acknowledges.role == "roles/pubsub.subscriber"
    error_message = "Pub/Sub may move a message to the dead letters only with these roles."
  }
  assert {
    condition     = google_pubsub_subscription.dead_letters.topic == google_pubsub_topic.topic["inference-dead-letters"].id
    error_message = "Dead letters are kept; a topic without a subscription forgets them."
  }
  assert {
    condition     = alltrue([for subscription in [google_pubsub_subscription.worker, google_pubsub_subscription.dead_letters] : subscription.expiration_policy[0].ttl == ""])
    error_message = "A subscription does not expire over a quiet month."
  }
  assert {
    condition     = google_pubsub_subscription.worker.push_config[0].oidc_token[0].audience == one(google_cloud_run_v2_service.worker.custom_audiences)
    error_message = "A push carries a token for the worker."
  }

  # Doors
  assert {
    condition     = { for name, function in google_cloud_run_v2_service.function : name => function.ingress if function.invoker_iam_disabled || function.ingress != "INGRESS_TRAFFIC_INTERNAL_ONLY" } == { api = "INGRESS_TRAFFIC_ALL" }
    error_message = "Only the api answers callers without a Google identity."
  }
  assert {
    condition     = google_cloud_run_v2_service.worker.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && google_cloud_run_v2_service.worker.invoker_iam_disabled != true
    error_message = "The worker answers Pub/Sub alone."
  }
  assert {
    condition     = google_identity_platform_config.sign_in.client[0].permissions[0].disabled_user_signup && !google_identity_platform_config.sign_in.sign_in[0].anonymous[0].enabled
    error_message = "Nobody makes an account for themselves."
  }
  assert {
    condition     = keys(google_firestore_document.reviewer) == ["reviewer@example.org"] && google_firestore_document.reviewer["reviewer@example.org"].fields == "{\"role\":{\"stringValue\":\"admin\"}}"
    error_message = "Reviewers are those of the variable."
  }

  # Data is not lost
  assert {
    condition     = google_firestore_database.default.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED" && google_firestore_database.default.delete_protection_state == "DELETE_PROTECTION_ENABLED" && alltrue([for service in local.services : service.deletion_protection])
    error_message = "Labels can be recovered, and nothing is destroyed by accident."
  }
  assert {
    condition     = length(google_firestore_index.query) == length(jsondecode(file("firestore.indexes.json")).indexes)
    error_message = "Every index of firestore.indexes.json is made."
  }
  assert {
    condition     = alltrue([for name in ["predictions discs", "scans discs", "labels slices", "studies series"] : length(google_firestore_field.everywhere[name].index_config[0].indexes) == 0])
    error_message = "Numbers in large maps are not indexed one by one."
  }

  assert {
    condition     = alltrue([for policy in concat(values(google_storage_bucket_iam_policy.purpose), [google_storage_bucket_iam_policy.builds]) : !strcontains(policy.policy_data, "projectViewer:") && !strcontains(policy.policy_data, "projectEditor:")])
    error_message = "The project's Viewers and Editors read no scans."
  }
  assert {
    condition     = toset([for policy in concat(values(google_storage_bucket_iam_policy.purpose), [google_storage_bucket_iam_policy.builds]) : policy.bucket]) == toset(concat([for bucket in google_storage_bucket.purpose : bucket.name], [google_storage_bucket.builds.name]))
    error_message = "Every bucket has a policy of its own."
  }
  assert {
    condition     = google_logging_project_bucket_config.access.locked && google_logging_project_bucket_config.access.retention_days == 365 && google_logging_project_bucket_config.access.location == "europe-west4"
    error_message = "Nobody can remove the log of who looked at what."
  }
  assert {
    condition     = strcontains(google_logging_project_sink.access.filter, "cloudaudit.googleapis.com/data_access") && strcontains(google_logging_project_sink.access.filter, "functions.api.access") && strcontains(google_logging_project_sink.access.destination, google_logging_project_bucket_config.access.id)
    error_message = "That log has every read of data and every signed address."
  }

  # Grants: all of them are listed in tests/support/infrastructure/grants.py of the repository; these say
  # to whom and on what, where a role alone does not.
  assert {
    condition     = google_storage_bucket_iam_member.training_profiles.bucket == "cloud-ai-platform-demo"
    error_message = "The pipeline can't show profiles in its TensorBoard."
  }
  assert {
    condition     = { for service, grant in google_cloud_run_v2_service_iam_member.invoker : service => local.invokers[service] if grant.member == google_service_account.component[local.invokers[service]].member } == { inference-service = "push", on-dead-letter = "events", on-label-created = "events", on-scan-uploaded = "events", sweep = "scheduler" }
    error_message = "Services are called by others than these."
  }
  assert {
    condition     = alltrue([for grant in google_project_iam_member.database_user : strcontains(grant.condition[0].expression, google_firestore_database.default.id)])
    error_message = "A role reaches beyond the one database."
  }
  assert {
    condition     = google_service_account_iam_member.signer.service_account_id == google_service_account.component["api"].name && google_service_account_iam_member.signer.member == google_service_account.component["api"].member
    error_message = "The api signs URLs as itself and as nobody else."
  }
  assert {
    condition     = alltrue([for name, function in google_cloud_run_v2_service.function : function.template[0].service_account == google_service_account.component[name].email]) && google_cloud_run_v2_service.worker.template[0].service_account == google_service_account.component["inference-service"].email
    error_message = "Each component runs as its own account."
  }
}
