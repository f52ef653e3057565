# A hospital: a GPU that is always warm, its own key, a network of its own without a way out but to
# Google's APIs, and a budget. Ask for the GPU quota first: docs/operations/deploy.md.
#   cp infrastructure/examples/hospital/terraform.tfvars discai.tfvars   (docs/operations/deploy.md goes on)

region        = "europe-west4"
backup_region = "europe-west1"
accelerator   = "nvidia-l4"
min_instances = 1
max_instances = 4

customer_managed_key = true
network_range        = "10.8.0.0/24"
keep_scans_days      = 3650
archive              = true
filing               = "reviewed"

web_domain      = "discs.example.org"
alert_email     = "discai@example.org"
billing_account = "000000-000000-000000"
monthly_budget  = 1500

uploaders             = ["group:mri-scanners@example.org"]
keep_access_logs_days = 3650

reviewers = {
  "radiologist@example.org"    = "reviewer"
  "data-scientist@example.org" = "admin"
}
