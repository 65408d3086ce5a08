"""IAM where moto's falls short: what stands in the way of deleting a user, its boundary, its policies' length."""

import re

import moto.iam.urls
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import DeleteConflictException, LimitExceededException, NotFoundException
from moto.iam.models import User
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

    def create_user(self) -> ActionResult:
        boundary = self._get_param("PermissionsBoundary")
        if boundary:
            self._check_policy(boundary)
        answer = super().create_user()
        if boundary:
            self._set_boundary(answer.result["User"], boundary)
        return answer

    def update_user(self) -> ActionResult:
        user = self.backend.get_user(self._get_param("UserName"))
        before, tagger = user.arn, self.backend.tagger
        answer = super().update_user()
        if user.arn != before:
            # moto files the tags under the ARN, which a new name or path changes.
            tagger.tag_resource(user.arn, tagger.list_tags_for_resource(before)["Tags"])
            tagger.delete_all_tags_for_resource(before)
        return answer

    def put_user_permissions_boundary(self) -> ActionResult:
        user, boundary = (
            self.backend.get_user(self._get_param("UserName")),
            self._get_param("PermissionsBoundary"),
        )
        self._check_policy(boundary)
        self._set_boundary(user, boundary)
        return EmptyResult()

    def delete_user_permissions_boundary(self) -> ActionResult:
        self.backend.get_user(self._get_param("UserName")).permissions_boundary = None
        return EmptyResult()

    def delete_policy(self) -> ActionResult:
        arn = self._get_param("PolicyArn")
        if any(arn in user.managed_policies for user in self.backend.users.values()):
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        return super().delete_policy()

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

    def _check_policy(self, arn: str) -> None:
        if arn not in self.backend.managed_policies:
            raise NotFoundException(f"Scope ARN: {arn} does not exist or is not attachable.")

    @staticmethod
    def _set_boundary(user: User, arn: str) -> None:
        user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def install() -> None:
    """Let moto answer with these operations."""
    for path in moto.iam.urls.url_paths:
        moto.iam.urls.url_paths[path] = IamOperations.dispatch
