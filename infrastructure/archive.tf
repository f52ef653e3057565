# With `archive`: a DICOM store of the Healthcare API, to which a hospital's own archive sends studies
# (by DICOMweb, or through Google's DICOM adapter). It tells the topic of each file that it stores;
# the function that listens gathers addresses, and only the worker may read files.

locals {
  archive_topic = one([for name, topic in local.topics : name if try(topic.needs, "") == "archive"])
  archive_url   = join("", [for store in google_healthcare_dicom_store.archive : "https://healthcare.googleapis.com/v1/${store.id}/dicomWeb"])
}

resource "google_healthcare_dataset" "archive" {
  count = var.archive ? 1 : 0

  name            = "discai"
  location        = var.region                                     # studies never leave it
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE" # a study that lies only here would be gone

  dynamic "encryption_spec" {
    for_each = local.keys

    content {
      kms_key_name = encryption_spec.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

resource "google_healthcare_dicom_store" "archive" {
  count = var.archive ? 1 : 0

  name            = "archive"
  dataset         = google_healthcare_dataset.archive[0].id
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"

  notification_config {
    pubsub_topic         = google_pubsub_topic.topic[local.archive_topic].id
    send_for_bulk_import = true
  }

  depends_on = [google_pubsub_topic_iam_member.archive_tells] # without it, storing is told to nobody
}

resource "google_pubsub_topic_iam_member" "archive_tells" {
  count = var.archive ? 1 : 0

  topic  = google_pubsub_topic.topic[local.archive_topic].id
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.agent["healthcare"].member
}

# Who files results reads studies and stores files; the least of Google's roles that stores may delete, too.
resource "google_project_iam_custom_role" "archive_filer" {
  count = var.filing == "off" ? 0 : 1

  role_id     = "discaiArchiveFiler"
  title       = "Reads and stores files of the archive, and deletes none"
  permissions = ["healthcare.dicomStores.dicomWebRead", "healthcare.dicomStores.dicomWebWrite"]
}

resource "google_healthcare_dicom_store_iam_member" "reader" {
  count = var.archive ? 1 : 0

  dicom_store_id = google_healthcare_dicom_store.archive[0].id
  role           = var.filing == "off" ? "roles/healthcare.dicomViewer" : google_project_iam_custom_role.archive_filer[0].name
  member         = google_service_account.component["inference-service"].member
}
