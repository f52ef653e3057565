# The web app: static files on Firebase Hosting, which also hands /api on to the api, so that a page
# talks to its own origin. Nobody can sign up: an administrator makes accounts, reviewers are listed.

locals {
  web_domains = compact([trimprefix(local.web_origin, "https://"), "${var.project}.firebaseapp.com"])
}

resource "google_firebase_project" "this" {
  provider = google-beta

  depends_on = [google_project_service.api]
}

resource "google_firebase_web_app" "review" {
  provider = google-beta

  display_name = "DiscAI"
  api_key_id   = google_apikeys_key.web.uid

  depends_on = [google_firebase_project.this]
}

resource "google_firebase_hosting_site" "review" {
  provider = google-beta

  site_id = var.project
  app_id  = google_firebase_web_app.review.app_id
}

# With `web_domain`; the output `dns_records` says what its DNS must have, which nobody waits for here.
resource "google_firebase_hosting_custom_domain" "own" {
  provider = google-beta
  count    = var.web_domain == null ? 0 : 1

  site_id               = google_firebase_hosting_site.review.site_id
  custom_domain         = var.web_domain
  wait_dns_verification = false
}

# Not secrets: they name the project to Google, and let nobody in by themselves. This one works on the
# app's pages only, by the origin that they send along, the other for the sign-in of `discai upload`.
resource "google_apikeys_key" "web" {
  name         = "discai-web"
  display_name = "DiscAI web app"

  restrictions {
    browser_key_restrictions {
      allowed_referrers = [for domain in local.web_domains : "https://${domain}/*"]
    }

    dynamic "api_targets" {
      for_each = toset(["identitytoolkit", "securetoken", "firestore"])

      content {
        service = "${api_targets.key}.googleapis.com"
      }
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_apikeys_key" "upload" {
  name         = "discai-upload"
  display_name = "discai upload"

  restrictions {
    dynamic "api_targets" {
      for_each = toset(["identitytoolkit", "securetoken"])

      content {
        service = "${api_targets.key}.googleapis.com"
      }
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_identity_platform_config" "sign_in" {
  authorized_domains = local.web_domains

  sign_in {
    email {
      enabled           = true
      password_required = true
    }
    anonymous {
      enabled = false
    }
  }

  client {
    permissions {
      disabled_user_signup   = true
      disabled_user_deletion = true
    }
  }

  monitoring {
    request_logging {
      enabled = true
    }
  }

  depends_on = [google_firebase_project.this]
}
