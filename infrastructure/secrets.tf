# The secret under which the worker makes keys of studies and patients of what DICOM files say, and the
# functions that take uploads those of series whose slices come one by one. It is drawn once, when it is first applied, and stands neither in a plan nor in the state. With another
# secret, or without this one, series read before and after would be strangers to each other.

locals {
  secret_readers = concat(["inference-service", "on-scan-uploaded", "sweep"], local.archive_listeners)
}

resource "google_secret_manager_secret" "study_keys" {
  secret_id           = "discai-study-keys"
  deletion_protection = var.deletion_protection
  depends_on          = [google_project_service.api]

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "study_keys" {
  secret                 = google_secret_manager_secret.study_keys.id
  secret_data_wo         = "${uuid()}${uuid()}" # 244 random bits; another value counts with another version only
  secret_data_wo_version = "1"

  lifecycle {
    ignore_changes = [secret_data_wo]
  }
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = toset(local.secret_readers)

  secret_id = google_secret_manager_secret.study_keys.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.component[each.key].member
}
