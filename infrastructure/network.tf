# With `network_range`: every service leaves through a network that reaches Google's APIs and nothing
# else. Pipeline jobs are no services: they run in Vertex AI's own network. Why there is no perimeter
# around the APIs themselves, docs/operations/deploy.md says under "Patients' data".

locals {
  private     = var.network_range != null
  google_apis = "199.36.153.8/30" # private.googleapis.com
}

resource "google_compute_network" "private" {
  count = local.private ? 1 : 0

  name                            = "discai"
  auto_create_subnetworks         = false
  delete_default_routes_on_create = true
  depends_on                      = [google_project_service.api]
}

resource "google_compute_subnetwork" "private" {
  count = local.private ? 1 : 0

  name                     = "discai"
  region                   = var.region
  network                  = google_compute_network.private[0].id
  ip_cidr_range            = var.network_range
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.5
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_route" "google_apis" {
  count = local.private ? 1 : 0

  name             = "discai-google-apis"
  network          = google_compute_network.private[0].id
  dest_range       = local.google_apis
  next_hop_gateway = "default-internet-gateway" # Google keeps this range on its own network
}

resource "google_compute_firewall" "deny_egress" {
  count = local.private ? 1 : 0

  name               = "discai-deny-egress"
  network            = google_compute_network.private[0].id
  direction          = "EGRESS"
  priority           = 65000
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "allow_google_apis" {
  count = local.private ? 1 : 0

  name               = "discai-allow-google-apis"
  network            = google_compute_network.private[0].id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = [local.google_apis]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

resource "google_dns_managed_zone" "google_apis" {
  count = local.private ? 1 : 0

  name       = "discai-google-apis"
  dns_name   = "googleapis.com."
  visibility = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.private[0].id
    }
  }
}

resource "google_dns_record_set" "google_apis" {
  count = local.private ? 1 : 0

  managed_zone = google_dns_managed_zone.google_apis[0].name
  name         = "*.googleapis.com."
  type         = "A"
  ttl          = 300
  rrdatas      = [for host in range(4) : cidrhost(local.google_apis, host)]
}
