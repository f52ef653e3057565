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
