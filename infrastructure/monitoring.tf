# Who is told when something is wrong, and one page that shows how the service is.

locals {
  channels = google_monitoring_notification_channel.email[*].id

  subscription = "resource.type = \"pubsub_subscription\""
  requests     = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\""

  alerts = {
    oldest-message = {
      name      = "Something waits for more than 15 minutes"
      advice    = "Scans or events are not taken. Look at the worker's and the functions' errors and at max_instances; a GPU may be out of quota."
      filter    = "${local.subscription} AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.label.subscription_id != \"${google_pubsub_subscription.dead_letters.name}\""
      aligner   = "ALIGN_MAX"
      threshold = 900
      minutes   = 5
    }
    error-rate = {
      name        = "More than 5 % of a service's answers are errors"
      advice      = "Pub/Sub and Eventarc repeat what failed, people do not. The log of that service has the reason."
      filter      = "${local.requests} AND metric.label.response_code_class = \"5xx\""
      denominator = local.requests
      aligner     = "ALIGN_RATE"
      threshold   = 0.05
      minutes     = 10
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  count = var.alert_email == null ? 0 : 1

  display_name = "DiscAI"
  type         = "email"
  labels       = { email_address = var.alert_email }
  depends_on   = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = local.alerts

  display_name          = each.value.name
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels

  conditions {
    display_name = each.value.name

    condition_threshold {
      filter             = each.value.filter
      denominator_filter = try(each.value.denominator, null)
      comparison         = "COMPARISON_GT"
      threshold_value    = each.value.threshold
      duration           = "${each.value.minutes * 60}s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = can(each.value.denominator) ? "REDUCE_SUM" : "REDUCE_NONE"
        group_by_fields      = can(each.value.denominator) ? ["resource.label.service_name"] : []
      }

      dynamic "denominator_aggregations" {
        for_each = can(each.value.denominator) ? [each.value.aligner] : []

        content {
          alignment_period     = "300s"
          per_series_aligner   = denominator_aggregations.value
          cross_series_reducer = "REDUCE_SUM"
          group_by_fields      = ["resource.label.service_name"]
        }
      }
    }
  }

  documentation {
    content = each.value.advice
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_project_service.api]
}

# Lines that the functions log: the sweep of each failed run, whoever has closed it, and
# on-dead-letter of what was begun again and again. A dead letter by itself is no news: a queue that
# is longer than the workers take in two hours makes many, and each is asked for again.
resource "google_monitoring_alert_policy" "logged" {
  for_each = {
    failed-run = {
      name     = "A retraining run failed"
      line     = "retraining failed: "
      severity = "WARNING"
      advice   = "The production model is unchanged. Models in the web app says why; the next labels start a new run."
    }
    given-up = {
      name     = "A scan or its results were given up"
      line     = "given up after many attempts"
      severity = "ERROR"
      advice   = "The scan is marked dead and says so, or the Models page or the study's page does. Read the worker's log by its scanId or studyKey; after the repair press Retry."
    }
  }

  display_name          = each.value.name
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.name

    condition_matched_log {
      filter = "resource.type = \"cloud_run_revision\" AND severity >= ERROR AND jsonPayload.message =~ \"^${each.value.line}\""
    }
  }

  documentation {
    content = each.value.advice
  }

  alert_strategy {
    notification_rate_limit {
      period = "3600s"
    }
  }

  depends_on = [google_project_service.api]
}

data "google_project" "this" {} # whose service the guide turns on before all others

resource "google_billing_budget" "month" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "DiscAI in ${var.project}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = toset(["0.5", "0.9", "1"])

    content {
      threshold_percent = tonumber(threshold_rules.key)
    }
  }

  all_updates_rule {
    monitoring_notification_channels = local.channels
    enable_project_level_recipients  = true
  }

  depends_on = [google_project_service.api]
}

locals {
  monitored = {
    pubsub = { filter = local.subscription, label = "subscription_id" }
    run    = { filter = "resource.type = \"cloud_run_revision\"", label = "service_name" }
  }

  charts = {
    "Messages waiting"                = { metric = "pubsub.googleapis.com/subscription/num_undelivered_messages", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM" }
    "Oldest message waiting, seconds" = { metric = "pubsub.googleapis.com/subscription/oldest_unacked_message_age", aligner = "ALIGN_MAX", reducer = "REDUCE_MAX" }
    "Requests a second"               = { metric = "run.googleapis.com/request_count", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM" }
    "Errors a second"                 = { metric = "run.googleapis.com/request_count", only = " AND metric.label.response_code_class = \"5xx\"", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM" }
    "Milliseconds a request, median"  = { metric = "run.googleapis.com/request_latencies", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_50" }
    "Instances"                       = { metric = "run.googleapis.com/container/instance_count", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM" }
  }
}

resource "google_monitoring_dashboard" "service" {
  dashboard_json = jsonencode({
    displayName = "DiscAI"
    gridLayout = {
      columns = "2"
      widgets = [for title, chart in local.charts : {
        title = title
        xyChart = {
          dataSets = [{
            timeSeriesQuery = {
              timeSeriesFilter = {
                filter = "${local.monitored[split(".", chart.metric)[0]].filter} AND metric.type = \"${chart.metric}\"${try(chart.only, "")}"
                aggregation = {
                  alignmentPeriod    = "60s"
                  perSeriesAligner   = chart.aligner
                  crossSeriesReducer = chart.reducer
                  groupByFields      = ["resource.label.${local.monitored[split(".", chart.metric)[0]].label}"]
                }
              }
            }
          }]
        }
      }]
    }
  })

  depends_on = [google_project_service.api]
}
