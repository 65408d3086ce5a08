"""An AWS account in a folder: SES, IAM, Route 53 and STS, and an SMTP endpoint that decides as SES does.

`python -m local.aws --directory DIR --region eu-west-1 --host NAME` runs it in the foreground until SIGTERM.
With several `--region` each has its own SMTP endpoint, all under the same name.

The APIs are moto's, extended from outside where SES v2, Route 53, IAM and EC2 fall short of the real ones. What the
SMTP endpoint decides follows from what these APIs were told: an identity is verified while its DKIM records stand in a
hosted zone, a login is good while its access key is active, and a message goes out if the user's policies let it.

In the folder:

- `account.json`: addresses and ports, there only while the account runs and answers; `regions` has the SMTP endpoint
  of each region, `region` and `smtp` are the first one
- `ca.pem` and `ca.key`: the certificate authority, kept from run to run, so that clients need not learn a new one
- `mailbox/`: accepted messages, and those in which SES asks the owners of addresses
- `limits.json`: written by whoever wants other limits; see `limits.py`
- `aws.log`

A restart forgets users, keys, policies, identities, hosted zones and what counts towards the sending quota: moto keeps
all of it in memory. It keeps the certificate authority, the mailbox and the limits. Ports are chosen anew.
"""
