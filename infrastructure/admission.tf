# With `attesting_key`: Cloud Run starts no image but those that a build has tested, scanned and attested
# by that key (deploy/attest.sh), whoever deploys it, the project's owners included.

locals {
  attested = var.attesting_key == null ? [] : [var.attesting_key]
}

data "google_kms_crypto_key_version" "attesting" {
  for_each = toset(local.attested)

  crypto_key = join("/", slice(split("/", each.key), 0, 8))
  version    = tonumber(element(split("/", each.key), 9))
}

resource "google_container_analysis_note" "builds" {
  for_each = data.google_kms_crypto_key_version.attesting

  name = "discai-builds"

  attestation_authority {
    hint {
      human_readable_name = "Tested, scanned and built by cloudbuild.yaml"
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_binary_authorization_attestor" "builds" {
  for_each = data.google_kms_crypto_key_version.attesting

  name = "discai-builds"

  attestation_authority_note {
    note_reference = google_container_analysis_note.builds[each.key].name

    public_keys {
      id = each.value.id

      pkix_public_key {
        public_key_pem      = each.value.public_key[0].pem
        signature_algorithm = each.value.public_key[0].algorithm
      }
    }
  }
}

# Of the whole project: nothing but DiscAI runs in it.
resource "google_binary_authorization_policy" "images" {
  for_each = google_binary_authorization_attestor.builds

  global_policy_evaluation_mode = "ENABLE"

  default_admission_rule {
    evaluation_mode         = "REQUIRE_ATTESTATION"
    enforcement_mode        = "ENFORCED_BLOCK_AND_AUDIT_LOG"
    require_attestations_by = [each.value.name]
  }
}
