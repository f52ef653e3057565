# The worker: one scan at a time per instance, on a GPU or on CPU; Pub/Sub pushes scans to it and
# queues what it has no instance for. Its door is open to the push account only.

locals {
  gpu           = var.accelerator != null
  push_audience = "https://inference-service.${var.project}" # a name that both sides know beforehand

  worker_limits = { for name, limit in local.worker.limits[local.gpu ? "gpu" : "cpu"] : name => limit }

  worker_environment = {
    GOOGLE_CLOUD_PROJECT = var.project
    RESULTS_BUCKET       = local.bucket_names["results"]
    MODELS_BUCKET        = local.bucket_names["models"]
    PUSH_AUDIENCE        = local.push_audience
    PUSH_SERVICE_ACCOUNT = google_service_account.component["push"].email
    LEASE_SECONDS        = local.worker.lease_seconds
    FILING               = var.filing
    INFERENCE_TOPIC      = local.worker_subscription.topic
    DICOMWEB_URL         = local.archive_url # empty without an archive
    DICOMWEB_AUTH        = local.archive_url == "" ? "none" : "google"
  }
}

resource "google_cloud_run_v2_service" "worker" {
  name     = local.worker_subscription.push.service
  location = var.region

  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  custom_audiences    = [local.push_audience]
  deletion_protection = var.deletion_protection

  dynamic "binary_authorization" {
    for_each = google_binary_authorization_policy.images

    content {
      use_default = true
    }
  }

  template {
    service_account                  = google_service_account.component["inference-service"].email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    encryption_key                   = one(local.keys)
    max_instance_request_concurrency = local.worker.concurrency
    timeout                          = "${local.worker.timeout_seconds}s"
    gpu_zonal_redundancy_disabled    = local.gpu ? true : null # half the price; Pub/Sub retries

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    dynamic "node_selector" {
      for_each = local.gpu ? [var.accelerator] : []

      content {
        accelerator = node_selector.value
      }
    }

    containers {
      image = var.images.inference_service

      resources {
        limits            = local.worker_limits
        cpu_idle          = !local.gpu # a GPU is billed for as long as its instance lives
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.worker_environment

        content {
          name  = env.key
          value = env.value
        }
      }

      env {
        name = "STUDY_KEYS_SECRET"

        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.study_keys.secret_id
            version = google_secret_manager_secret_version.study_keys.version
          }
        }
      }

      # Ready once the model is loaded and warm, so that the first scan is read at full speed.
      startup_probe {
        period_seconds    = 2
        timeout_seconds   = 2
        failure_threshold = 120 # four minutes, as long as Cloud Run allows

        http_get {
          path = "/readyz"
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3

        http_get {
          path = "/healthz"
        }
      }
    }

    dynamic "vpc_access" {
      for_each = google_compute_subnetwork.private

      content {
        egress = "ALL_TRAFFIC"

        network_interfaces {
          subnetwork = vpc_access.value.id
        }
      }
    }
  }

  # deploy/traffic.sh moves requests to a new revision once it has proved itself.
  lifecycle {
    ignore_changes = [traffic]
  }

  depends_on = [
    google_project_service.api,
    google_kms_crypto_key_iam_member.agent,
    google_project_iam_member.agent, # pulls the image
    google_secret_manager_secret_iam_member.reader,
  ]
}
