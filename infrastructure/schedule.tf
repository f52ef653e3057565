# The clock: what Cloud Scheduler calls, as topology.yaml says.

locals {
  monthly = local.topology.retraining.monthly

  schedules = merge(
    { for name, function in local.scheduled_functions : name => { function = name, path = "/", cron = function.trigger.cron } },
    { monthly-retraining = local.monthly, gathering = local.topology.gathering.close },
  )
}

resource "google_cloud_scheduler_job" "call" {
  for_each = local.schedules

  name             = each.key
  region           = var.region
  schedule         = each.value.cron
  time_zone        = "Etc/UTC"
  attempt_deadline = local.function_timeout

  http_target {
    uri         = "${google_cloud_run_v2_service.function[each.value.function].uri}${each.value.path}"
    http_method = "POST"

    oidc_token {
      service_account_email = google_service_account.component["scheduler"].email
      audience              = google_cloud_run_v2_service.function[each.value.function].uri
    }
  }

  retry_config {
    retry_count = local.topology.services.functions.scheduled_retries
  }

  depends_on = [google_cloud_run_v2_service_iam_member.invoker]
}
