# The clock: what Cloud Scheduler calls, as topology.yaml says.

resource "google_cloud_scheduler_job" "function" {
  for_each = local.scheduled_functions

  name             = each.key
  region           = var.region
  schedule         = each.value.trigger.cron
  time_zone        = "Etc/UTC"
  attempt_deadline = "300s"

  http_target {
    uri         = google_cloud_run_v2_service.function[each.key].uri
    http_method = "POST"

    oidc_token {
      service_account_email = google_service_account.component["scheduler"].email
      audience              = google_cloud_run_v2_service.function[each.key].uri
    }
  }

  retry_config {
    retry_count = 1 # the next call comes soon
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}
