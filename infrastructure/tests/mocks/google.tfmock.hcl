# What Google would answer, where the tests compare it: made up, and different for each resource.

mock_resource "google_firestore_database" {
  defaults = { id = "projects/demo/databases/(default)" }
}

mock_resource "google_kms_crypto_key" {
  defaults = { id = "projects/demo/locations/europe-west4/keyRings/discai/cryptoKeys/data" }
}

mock_resource "google_compute_subnetwork" {
  defaults = { id = "projects/demo/regions/europe-west4/subnetworks/discai" }
}

mock_resource "google_monitoring_notification_channel" {
  defaults = { id = "projects/demo/notificationChannels/1" }
}

mock_resource "google_vertex_ai_tensorboard" {
  defaults = {
    id                       = "projects/demo/locations/europe-west4/tensorboards/1"
    blob_storage_path_prefix = "cloud-ai-platform-demo/tensorboard"
  }
}

mock_resource "google_project_iam_custom_role" {
  defaults = { name = "projects/demo/roles/discaiPipelineStarter" }
}

mock_resource "google_apikeys_key" {
  defaults = { key_string = "key", uid = "key" }
}

override_resource {
  target = google_pubsub_topic.topic["inference-requests"]
  values = { id = "projects/demo/topics/inference-requests" }
}

override_resource {
  target = google_pubsub_topic.topic["inference-dead-letters"]
  values = { id = "projects/demo/topics/inference-dead-letters" }
}

override_resource {
  target = google_cloud_run_v2_service.function["sweep"]
  values = { uri = "https://sweep.run.app" }
}

override_resource {
  target = google_cloud_run_v2_service.worker
  values = { uri = "https://inference-service.run.app" }
}

override_resource {
  target = google_service_account.component["api"]
  values = { name = "accounts/api", email = "api@demo", member = "serviceAccount:api@demo" }
}

override_resource {
  target = google_service_account.component["events"]
  values = { name = "accounts/events", email = "events@demo", member = "serviceAccount:events@demo" }
}

override_resource {
  target = google_service_account.component["inference-service"]
  values = { name = "accounts/inference-service", email = "inference-service@demo", member = "serviceAccount:inference-service@demo" }
}

override_resource {
  target = google_service_account.component["on-dead-letter"]
  values = { name = "accounts/on-dead-letter", email = "on-dead-letter@demo", member = "serviceAccount:on-dead-letter@demo" }
}

override_resource {
  target = google_service_account.component["on-label-created"]
  values = { name = "accounts/on-label-created", email = "on-label-created@demo", member = "serviceAccount:on-label-created@demo" }
}

override_resource {
  target = google_service_account.component["on-scan-uploaded"]
  values = { name = "accounts/on-scan-uploaded", email = "on-scan-uploaded@demo", member = "serviceAccount:on-scan-uploaded@demo" }
}

override_resource {
  target = google_service_account.component["push"]
  values = { name = "accounts/push", email = "push@demo", member = "serviceAccount:push@demo" }
}

override_resource {
  target = google_service_account.component["scheduler"]
  values = { name = "accounts/scheduler", email = "scheduler@demo", member = "serviceAccount:scheduler@demo" }
}

override_resource {
  target = google_service_account.component["sweep"]
  values = { name = "accounts/sweep", email = "sweep@demo", member = "serviceAccount:sweep@demo" }
}

override_resource {
  target = google_service_account.component["training"]
  values = { name = "accounts/training", email = "training@demo", member = "serviceAccount:training@demo" }
}

override_resource {
  target = google_pubsub_topic.topic["archive-instances"]
  values = { id = "projects/demo/topics/archive-instances" }
}

override_resource {
  target = google_service_account.component["on-instance-stored"]
  values = { name = "accounts/on-instance-stored", email = "on-instance-stored@demo", member = "serviceAccount:on-instance-stored@demo" }
}

override_resource {
  target = google_project_iam_custom_role.archive_filer
  values = { name = "projects/demo/roles/discaiArchiveFiler" }
}

override_resource {
  target = google_service_account.component["backup"]
  values = { name = "accounts/backup", email = "backup@demo", member = "serviceAccount:backup@demo" }
}

override_resource {
  target = google_project_iam_custom_role.exporter
  values = { name = "projects/demo/roles/discaiExporter" }
}

override_resource {
  target = google_kms_crypto_key.backup
  values = { id = "projects/demo/locations/europe-west1/keyRings/discai/cryptoKeys/data" }
}

mock_data "google_kms_crypto_key_version" {
  defaults = {
    id         = "//cloudkms.googleapis.com/v1/projects/demo/locations/europe-west4/keyRings/builds/cryptoKeys/images/cryptoKeyVersions/1"
    public_key = [{ pem = "pem", algorithm = "EC_SIGN_P256_SHA256" }]
  }
}

mock_data "google_project" {
  defaults = { number = "1" }
}

mock_resource "google_healthcare_dataset" {
  defaults = { id = "projects/demo/locations/europe-west4/datasets/discai" }
}

mock_resource "google_healthcare_dicom_store" {
  defaults = { id = "projects/demo/locations/europe-west4/datasets/discai/dicomStores/archive" }
}

mock_resource "google_logging_project_bucket_config" {
  defaults = { id = "projects/demo/locations/europe-west4/buckets/discai-access" }
}
