# The Google services that DiscAI is made of, and the identities under which they act here.

locals {
  apis = toset(concat(var.archive ? ["healthcare"] : [], var.backup_region == null ? [] : ["storagetransfer"], var.attesting_key == null ? [] : ["binaryauthorization", "containeranalysis"], [
    "aiplatform", "apikeys", "artifactregistry", "billingbudgets", "cloudbuild", "cloudkms",
    "cloudresourcemanager", "cloudscheduler", "compute", "containerscanning", "dns", "eventarc",
    "eventarcpublishing", "firebase", "firebasehosting", "firebaserules", "firestore", "iam",
    "iamcredentials", "identitytoolkit", "logging", "monitoring", "ondemandscanning", "pubsub",
    "run", "secretmanager", "securetoken", "storage",
  ]))
}

resource "google_project_service" "api" {
  for_each = local.apis

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

# Google creates these when it first needs them, which is later than a key is shared with them here;
# identity.tf has their roles.
resource "google_project_service_identity" "agent" {
  provider = google-beta
  for_each = toset(concat(["aiplatform", "artifactregistry", "eventarc", "firestore", "pubsub", "run"], var.archive ? ["healthcare"] : []))

  service    = google_project_service.api[each.key].service
  depends_on = [google_project_service.api]
}

data "google_storage_project_service_account" "agent" {
  depends_on = [google_project_service.api]
}
