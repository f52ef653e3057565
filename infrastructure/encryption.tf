# With `customer_managed_key`: one key for all data, renewed every 90 days, used by Google's storage
# agents in our name. Disabling it makes everything unreadable at once.

locals {
  keys = google_kms_crypto_key.data[*].id # one or none

  encrypting_agents = merge(
    { for name, agent in google_project_service_identity.agent : name => agent.member },
    { storage = data.google_storage_project_service_account.agent.member },
  )
}

resource "google_kms_key_ring" "discai" {
  count = var.customer_managed_key ? 1 : 0

  name       = "discai"
  location   = var.region
  depends_on = [google_project_service.api]
}

resource "google_kms_crypto_key" "data" {
  count = var.customer_managed_key ? 1 : 0

  name            = "data"
  key_ring        = google_kms_key_ring.discai[0].id
  rotation_period = "7776000s"

  lifecycle {
    prevent_destroy = true # even without deletion_protection, which can't stand here: README.md says how
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = var.customer_managed_key ? local.encrypting_agents : {}

  crypto_key_id = google_kms_crypto_key.data[0].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}

resource "google_eventarc_google_channel_config" "encrypted" {
  count = var.customer_managed_key ? 1 : 0

  name            = "projects/${var.project}/locations/${var.region}/googleChannelConfig"
  location        = var.region
  crypto_key_name = google_kms_crypto_key.data[0].id

  depends_on = [google_kms_crypto_key_iam_member.agent]
}
