# The functions: one image, a service for each target. Events and the clock reach them from inside
# Google's network and must prove who they are. The api alone has an open door, for browsers, and
# checks the ID token of every call itself: docs/decisions/0008-api-entry.md.

locals {
  function_timeout = "${local.topology.services.functions.timeout_seconds}s"

  function_environment = {
    GOOGLE_CLOUD_PROJECT     = var.project
    UPLOADS_BUCKET           = local.bucket_names["uploads"]
    RESULTS_BUCKET           = local.bucket_names["results"]
    MODELS_BUCKET            = local.bucket_names["models"]
    PIPELINE_BUCKET          = local.bucket_names["pipeline"]
    INFERENCE_TOPIC          = local.worker_subscription.topic
    FILING                   = var.filing
    WEB_ORIGIN               = local.web_origin
    RETRAIN_THRESHOLD        = local.topology.retraining.threshold
    PIPELINE_TEMPLATE        = var.pipeline_template
    PIPELINE_REGION          = var.region
    PIPELINE_SERVICE_ACCOUNT = google_service_account.component["training"].email
    ORIGINAL_DATASET         = var.retraining.original
    EVALUATION_SET           = var.retraining.evaluation
    TENSORBOARD              = google_vertex_ai_tensorboard.training.id
    WORKER_IMAGE             = var.images.inference_service
    ENCRYPTION_KEY           = join("", local.keys) # empty without a key of our own
  }

  services = merge(google_cloud_run_v2_service.function, { inference-service = google_cloud_run_v2_service.worker })
}

resource "google_cloud_run_v2_service" "function" {
  for_each = local.functions

  name     = each.key
  location = var.region

  ingress              = each.value.trigger.type == "http" ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_ONLY"
  invoker_iam_disabled = each.value.trigger.type == "http"
  deletion_protection  = var.deletion_protection

  dynamic "binary_authorization" {
    for_each = google_binary_authorization_policy.images

    content {
      use_default = true
    }
  }

  template {
    service_account                  = google_service_account.component[each.key].email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    encryption_key                   = one(local.keys)
    max_instance_request_concurrency = local.topology.services.functions.concurrency
    timeout                          = local.function_timeout

    scaling {
      min_instance_count = each.value.trigger.type == "http" ? var.min_instances : 0
      max_instance_count = local.topology.services.functions.max_instances
    }

    containers {
      image = var.images.functions

      resources {
        limits            = local.topology.services.functions.limits
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # Of those only that look into uploads.
      dynamic "env" {
        for_each = contains(local.secret_readers, each.key) ? [google_secret_manager_secret_version.study_keys] : []

        content {
          name = "STUDY_KEYS_SECRET"

          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.study_keys.secret_id
              version = env.value.version
            }
          }
        }
      }

      dynamic "env" {
        for_each = merge(local.function_environment, {
          FUNCTION_TARGET = each.value.target
          THREADS         = local.topology.services.functions.concurrency # the framework's own default is four a processor
        })

        content {
          name  = env.key
          value = env.value
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

  # deploy/traffic.sh moves calls to a new revision once it has proved itself.
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
