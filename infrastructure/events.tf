# From an uploaded object to the worker: events call functions, a topic queues scans, and what could
# not be read after the last attempt lies in the dead-letter topic, where a function says so.

locals {
  # The one queue: whoever pushes to a service by it, and where its dead letters are kept.
  worker_subscription_name = one(keys(local.topology.subscriptions))
  worker_subscription      = local.topology.subscriptions[local.worker_subscription_name]
  dead_letters_kept        = local.topology.topics[local.worker_subscription.dead_letter.topic].kept

  event_functions = {
    for name, function in local.functions : name => function if startswith(function.trigger.type, "google.cloud.")
  }
  scheduled_functions = {
    for name, function in local.functions : name => function if function.trigger.type == "schedule"
  }

  # What Eventarc filters by, besides the type of the event.
  event_criteria = { for name, function in local.event_functions : name => {
    "google.cloud.storage.object.v1.finalized" = {
      bucket = { value = local.bucket_names[try(function.trigger.bucket, "uploads")], operator = null }
    }
    "google.cloud.firestore.document.v1.created" = {
      database = { value = google_firestore_database.default.name, operator = null }
      document = { value = try(function.trigger.document, ""), operator = "match-path-pattern" }
    }
    "google.cloud.pubsub.topic.v1.messagePublished" = {}
  }[function.trigger.type] }
}

resource "google_pubsub_topic" "topic" {
  for_each = local.topics

  name                       = each.key
  kms_key_name               = one(local.keys)
  message_retention_duration = "604800s" # a week, to be played again after a mistake

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

resource "google_pubsub_subscription" "worker" {
  name  = local.worker_subscription_name
  topic = google_pubsub_topic.topic[local.worker_subscription.topic].id

  ack_deadline_seconds = local.worker_subscription.ack_deadline_seconds

  push_config {
    push_endpoint = "${google_cloud_run_v2_service.worker.uri}${local.worker_subscription.push.path}"

    oidc_token {
      service_account_email = google_service_account.component["push"].email
      audience              = local.push_audience
    }
  }

  retry_policy {
    minimum_backoff = "${local.worker_subscription.retry.minimum_backoff_seconds}s"
    maximum_backoff = "${local.worker_subscription.retry.maximum_backoff_seconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.topic[local.worker_subscription.dead_letter.topic].id
    max_delivery_attempts = local.worker_subscription.dead_letter.max_delivery_attempts
  }

  expiration_policy {
    ttl = "" # never, however long nobody uploads
  }
}

# Keeps dead letters for an engineer to look at; `on-dead-letter` gets its own copy by its trigger.
resource "google_pubsub_subscription" "dead_letters" {
  name  = local.dead_letters_kept.subscription
  topic = google_pubsub_topic.topic[local.worker_subscription.dead_letter.topic].id

  message_retention_duration = "${local.dead_letters_kept.days * 24 * 60 * 60}s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_eventarc_trigger" "function" {
  for_each = local.event_functions

  name            = each.key
  location        = var.region # of the bucket and of the database, or nothing would arrive
  service_account = google_service_account.component["events"].email

  event_data_content_type = startswith(each.value.trigger.type, "google.cloud.firestore.") ? "application/protobuf" : "application/json"

  matching_criteria {
    attribute = "type"
    value     = each.value.trigger.type
  }

  dynamic "matching_criteria" {
    for_each = local.event_criteria[each.key]

    content {
      attribute = matching_criteria.key
      value     = matching_criteria.value.value
      operator  = matching_criteria.value.operator
    }
  }

  destination {
    cloud_run_service {
      service = google_cloud_run_v2_service.function[each.key].name
      region  = var.region
    }
  }

  dynamic "transport" {
    for_each = try([each.value.trigger.topic], [])

    content {
      pubsub {
        topic = google_pubsub_topic.topic[transport.value].id
      }
    }
  }

  # Left out, Eventarc retries for a day; the only other choice is a single attempt.
  dynamic "retry_policy" {
    for_each = each.value.trigger.retry ? [] : [1]

    content {
      max_attempts = retry_policy.value
    }
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.invoker,
    google_project_iam_member.event_receiver,
    google_project_iam_member.agent,
    google_project_iam_member.storage_publishes_events,
  ]
}
