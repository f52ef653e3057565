# Where Vertex AI keeps what the pipeline tells of its runs. The jobs themselves are started by
# `on-label-created` and `sweep`, run as the training account, and lie under gs://PROJECT-pipeline/runs.

resource "google_vertex_ai_metadata_store" "default" {
  provider = google-beta

  name   = "default" # the one that pipelines use
  region = var.region

  dynamic "encryption_spec" {
    for_each = local.keys

    content {
      kms_key_name = encryption_spec.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

resource "google_vertex_ai_tensorboard" "training" {
  display_name = "DiscAI training"
  description  = "Curves of every training and tuning run"
  region       = var.region

  dynamic "encryption_spec" {
    for_each = local.keys

    content {
      kms_key_name = encryption_spec.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}
