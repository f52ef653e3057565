# Where builds run, what they are sent, and what they make. A new project may build in few regions only,
# and the one where scans stay is often none of them.

locals {
  build_region = coalesce(var.build_region, local.topology.builds.nearest[split("-", var.region)[0]])
}

# What `gcloud builds submit` sends; its own choice would be a bucket in the USA.
resource "google_storage_bucket" "builds" {
  #checkov:skip=CKV_GCP_62:audit.tf logs every access to data, where usage logs would need a bucket of their own
  #checkov:skip=CKV_GCP_78:each build sends its sources under a name of their own, and git has them
  name     = "${var.project}-builds"
  location = var.region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # git has them

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 30
    }
  }

  dynamic "encryption" {
    for_each = local.keys

    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_kms_crypto_key_iam_member.agent]
}

# Container images, scanned when they arrive. Deployments name them by digest, so tags may move, as
# those of the build's cache do. Old images go, but those of the last ten builds stay for a rollback.

resource "google_artifact_registry_repository" "images" {
  repository_id = "discai"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of the functions, the worker and the pipeline"
  kms_key_name  = one(local.keys)

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  cleanup_policies {
    id     = "keep-the-last-ten-builds"
    action = "KEEP"

    most_recent_versions {
      keep_count = 40 # a build pushes an index, the image, what attests it, and its signature
    }
  }

  cleanup_policies {
    id     = "delete-after-a-month"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}
