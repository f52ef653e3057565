"""The deployment to Google Cloud, proven as far as it can be without a project."""


def test_files_are_formatted(terraform):
    answer = terraform.run("fmt", "-check", "-diff", "-recursive")

    assert answer.returncode == 0, answer.stdout


def test_configuration_is_valid(terraform):
    answer = terraform.run("validate")

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_deployments_have_the_shape_they_should(terraform):
    answer = terraform.run("test")

    assert answer.returncode == 0, answer.stdout + answer.stderr
