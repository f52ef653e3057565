# With `backup_region`: each day a copy of all documents and of three buckets in a second region. Google's own
# backups of Firestore lie where the database does (firestore.tf), and a bucket of one region is lost with it.
# What is deleted here, `discai forget` included, is gone there a day later, but for soft deletion and exports,
# which stay as long as here.

locals {
  backed_up = var.backup_region == null ? [] : ["models", "results", "uploads"] # runs and datasets are made again
  backups   = var.backup_region == null ? [] : concat(["documents"], local.backed_up)

  keep_exports_days = 14 # as firestore.tf keeps backups

  backup_keys = google_kms_crypto_key.backup[*].id # one or none: a key serves one region

  copier = "serviceAccount:project-${data.google_project.this.number}@storage-transfer-service.iam.gserviceaccount.com"

  # What Google asks of who copies from one bucket to another, and deletes there what is gone here.
  copies_from = ["roles/storage.legacyBucketReader", "roles/storage.objectViewer"]
  copies_to   = ["roles/storage.legacyBucketReader", "roles/storage.objectUser"]
}

resource "google_storage_bucket" "backup" {
  #checkov:skip=CKV_GCP_62:audit.tf logs every access to data, where usage logs would need a bucket of their own
  #checkov:skip=CKV_GCP_78:exports have names of their own, and copies of what is replaced are softly deleted
  for_each = toset(local.backups)

  name     = "${var.project}-backup-${each.key}"
  location = var.backup_region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  soft_delete_policy {
    retention_duration_seconds = local.keep_deleted_days * 24 * 60 * 60
  }

  dynamic "lifecycle_rule" {
    for_each = each.key == "documents" ? [local.keep_exports_days] : []

    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  dynamic "encryption" {
    for_each = local.backup_keys

    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.backup]
}

resource "google_storage_bucket_iam_policy" "backup" {
  for_each = google_storage_bucket.backup

  bucket = each.value.name
  policy_data = jsonencode({ bindings = concat(local.owners, [for role in local.copies_to : {
    role    = role
    members = [each.key == "documents" ? google_project_service_identity.agent["firestore"].member : local.copier]
  }]) })

  depends_on = [data.google_storage_transfer_project_service_account.agent]
}

# All documents, after midnight: the call only starts the export, which Firestore's agent writes.
resource "google_cloud_scheduler_job" "export" {
  count = var.backup_region == null ? 0 : 1

  name      = "export-documents"
  region    = var.region
  schedule  = "30 0 * * *"
  time_zone = "Etc/UTC"

  http_target {
    uri         = "https://firestore.googleapis.com/v1/${google_firestore_database.default.id}:exportDocuments"
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ outputUriPrefix = "gs://${google_storage_bucket.backup["documents"].name}" })) # Google names each by its time

    oauth_token {
      service_account_email = google_service_account.component["backup"].email
    }
  }

  retry_config {
    retry_count = 3
  }

  depends_on = [google_project_service.api, google_storage_bucket_iam_policy.backup]
}

resource "google_project_iam_custom_role" "exporter" {
  count = var.backup_region == null ? 0 : 1

  role_id     = "discaiExporter"
  title       = "Starts exports of Firestore"
  permissions = ["datastore.databases.export"]
}

resource "google_project_iam_member" "exporter" {
  count = var.backup_region == null ? 0 : 1

  project = var.project
  role    = google_project_iam_custom_role.exporter[0].name
  member  = google_service_account.component["backup"].member
}

# Google makes the agent that copies when it is first asked for; it is called by the project's number.
data "google_storage_transfer_project_service_account" "agent" {
  count = var.backup_region == null ? 0 : 1

  depends_on = [google_project_service.api]
}

resource "google_storage_transfer_job" "backup" {
  for_each = toset(local.backed_up)

  description = "Copies ${each.key} to ${google_storage_bucket.backup[each.key].name}"

  transfer_spec {
    gcs_data_source {
      bucket_name = google_storage_bucket.purpose[each.key].name
    }
    gcs_data_sink {
      bucket_name = google_storage_bucket.backup[each.key].name
    }
    transfer_options {
      delete_objects_unique_in_sink = true # a patient who is forgotten here is forgotten there
      overwrite_when                = "DIFFERENT"
    }
  }

  schedule {
    repeat_interval = "86400s"

    schedule_start_date {
      year  = 2026
      month = 1
      day   = 1
    }
    start_time_of_day {
      hours   = 1
      minutes = 0
      seconds = 0
      nanos   = 0
    }
  }

  depends_on = [google_storage_bucket_iam_policy.purpose, google_storage_bucket_iam_policy.backup]
}

resource "google_kms_key_ring" "backup" {
  count = var.customer_managed_key && var.backup_region != null ? 1 : 0

  name       = "discai"
  location   = var.backup_region
  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key" "backup" {
  count = var.customer_managed_key && var.backup_region != null ? 1 : 0

  name            = "data"
  key_ring        = google_kms_key_ring.backup[0].id
  rotation_period = "7776000s"

  lifecycle {
    prevent_destroy = true # as that of encryption.tf
  }
}

resource "google_kms_crypto_key_iam_member" "backup" {
  count = var.customer_managed_key && var.backup_region != null ? 1 : 0

  crypto_key_id = google_kms_crypto_key.backup[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_storage_project_service_account.agent.member
}
