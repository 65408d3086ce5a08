import * as opensmtpd from "@pulumi/opensmtpd";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();

const relay = new opensmtpd.MailRelay("relay", {
    domain: config.require("domain"),
    smtp: {
        host: config.require("smtpHost"),
        port: 587,
        user: config.require("smtpUser"),
        password: config.requireSecret("smtpPassword"),
    },
    docker: { port: 2525 },
});

export const smtpAddress = relay.smtpAddress;
export const workload = relay.workload;
