# Who looked at what: reads and writes of patients' data, and every change of keys and roles.
# Cloud Audit Logs keep admin activity by themselves; these add access to data.

resource "google_project_iam_audit_config" "data" {
  for_each = toset(concat(["datastore", "storage", "iam", "cloudkms", "aiplatform", "identitytoolkit"], var.archive ? ["healthcare"] : []))

  project = var.project
  service = "${each.key}.googleapis.com"

  dynamic "audit_log_config" {
    for_each = toset(["ADMIN_READ", "DATA_READ", "DATA_WRITE"])

    content {
      log_type = audit_log_config.key
    }
  }
}

# Both, and what the api tells of its callers, in a bucket of logs that nobody can empty.
resource "google_logging_project_bucket_config" "access" {
  project        = var.project
  location       = var.region
  bucket_id      = "discai-access"
  description    = "Who looked at which study, and every read and write of data"
  retention_days = var.keep_access_logs_days
  locked         = var.lock_access_logs # for good: neither this nor its days can be changed then

  depends_on = [google_project_service.api]
}

# Within one project a sink needs no right to write into a bucket of logs.
resource "google_logging_project_sink" "access" {
  name                   = "discai-access"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.access.id}"
  unique_writer_identity = true

  filter = join(" OR ", [
    "log_id(\"cloudaudit.googleapis.com/data_access\")",
    "(resource.type=\"cloud_run_revision\" AND jsonPayload.logger=\"functions.api.access\")",
  ])
}
