# What the other steps of a deployment need to know.

output "web_url" {
  description = "Where people work."
  value       = local.web_origin
}

output "dns_records" {
  description = "What the DNS of an own domain must have for Hosting to serve it."
  value       = google_firebase_hosting_custom_domain.own[*].required_dns_updates
}

output "bucket_names" {
  description = "Buckets by purpose."
  value       = { for purpose, bucket in google_storage_bucket.purpose : purpose => bucket.name }
}

output "builds" {
  description = "Where builds run, and where their sources are sent."
  value       = { region = local.build_region, sources = "gs://${google_storage_bucket.builds.name}/source" }
}

output "image_repository" {
  description = "Where images are pushed."
  value       = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "deployed" {
  description = "What the last build handed over, so that a change can be planned against it."
  value       = { images = var.images, pipeline_template = var.pipeline_template }
}

output "web_config" {
  description = "What the web app reads as /config.json."
  sensitive   = true # the API key counts as such, though every visitor sees it
  value = jsonencode({
    projectId     = var.project
    apiKey        = google_apikeys_key.web.key_string
    apiUrl        = "/api"
    uploadsBucket = google_storage_bucket.purpose["uploads"].name
    emulators     = null
    demoUser      = null
  })
}

output "upload_settings" {
  description = "What `discai upload` reads from the environment, besides who uploads."
  sensitive   = true
  value       = "API_URL=${local.web_origin}/api\nFIREBASE_API_KEY=${google_apikeys_key.upload.key_string}\n"
}

output "smoke_settings" {
  description = "What the test of a deployment reads from the environment: discai.commands.smoke and pipeline.run_pipeline."
  sensitive   = true
  value = join("", [for name, value in merge(local.function_environment, {
    WEB_ORIGIN       = local.web_origin
    FIREBASE_API_KEY = google_apikeys_key.upload.key_string
    EXPECTED_DEVICE  = local.gpu ? "gpu" : "cpu"
  }) : "${name}='${value}'\n"])
}

output "firebase_json" {
  description = "firebase.json of this deployment: its site, and the way from /api to the api."
  value = jsonencode({
    hosting = merge(local.hosting, {
      site   = google_firebase_hosting_site.review.site_id
      public = "site" # beside the file, where deploy/hosting.sh puts it
      rewrites = concat([{
        source = "/api/**"
        run    = { serviceId = google_cloud_run_v2_service.function["api"].name, region = var.region }
      }], local.hosting.rewrites)
    })
  })
}

locals {
  hosting = jsondecode(file("${path.module}/firebase.json")).hosting
}
