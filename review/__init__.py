"""What a change does to mail, told in one comment on its pull request. Standard library only; imports nothing of the
project, so that it reads the preview of anyone's stack."""
