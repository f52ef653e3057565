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
