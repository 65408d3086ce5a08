"""IAM where moto's falls short: what still stands in the way of deleting a user, and how long its policies may be."""

import re

import moto.iam.urls
from moto.core.responses import ActionResult
from moto.iam.exceptions import DeleteConflictException, LimitExceededException
from moto.iam.responses import IamResponse

# White space does not count. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_LONGEST_INLINE_POLICIES = 2048


class IamOperations(IamResponse):
    """moto's operations, with those that differ."""

    def delete_user(self) -> ActionResult:
        user = self.backend.get_user(self._get_param("UserName"))
        if user.access_keys:
            raise DeleteConflictException("Cannot delete entity, must delete access keys first.")
        if self.backend.get_groups_for_user(user.name):
            raise DeleteConflictException("Cannot delete entity, must remove users from group first.")
        return super().delete_user()

    def put_user_policy(self) -> ActionResult:
        user = self.backend.get_user(self._get_param("UserName"))
        documents = {**user.policies, self._get_param("PolicyName"): self._get_param("PolicyDocument")}
        if (
            sum(len(re.sub(r"\s", "", document)) for document in documents.values())
            > _LONGEST_INLINE_POLICIES
        ):
            raise LimitExceededException(
                f"Maximum policy size of {_LONGEST_INLINE_POLICIES} bytes exceeded for user {user.name}"
            )
        return super().put_user_policy()

    def list_service_specific_credentials(self) -> ActionResult:
        """None can be made here; the AWS provider asks before it deletes a user by force."""
        self.backend.get_user(self._get_param("UserName"))
        return ActionResult({"ServiceSpecificCredentials": []})


def install() -> None:
    """Let moto answer with these operations."""
    for path in moto.iam.urls.url_paths:
        moto.iam.urls.url_paths[path] = IamOperations.dispatch
