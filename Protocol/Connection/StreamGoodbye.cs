using System.Globalization;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// Reads the stanzas that end a connection (wire/01 §11.1, §11.2).
/// <code>
/// &lt;failure reason="402" code="101" expire="3600" …/&gt;
/// &lt;stream:error code="515"/&gt;   &lt;stream:error&gt;&lt;conflict type="replaced"/&gt;&lt;/stream:error&gt;
/// &lt;xmlstreamend/&gt;
/// </code>
/// </summary>
internal static class StreamGoodbye
{
    /// <summary>The end this stanza means, or null when it is any other stanza.</summary>
    public static ConnectionEnd? Read(Node stanza) => stanza.Tag switch
    {
        "failure" => ReadFailure(stanza),
        "stream:error" => ReadStreamError(stanza),
        "xmlstreamend" => new ConnectionEnd(EndKind.StreamEnd, Detail: "stream-end"),
        _ => null,
    };

    private static ConnectionEnd ReadFailure(Node stanza)
    {
        // A missing reason counts as 500.
        var reason = Number(stanza["reason"]) ?? 500;
        if (reason != 402)
            return new ConnectionEnd(EndKind.LoginFailure, reason, FailureName(reason));
        // expire is a duration, not a date.
        var left = Number(stanza["expire"]) is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        return new ConnectionEnd(EndKind.LoginFailure, reason, BanName(Number(stanza["code"]))) { BanLeft = left };
    }

    // Order of wire/01 §11.2: conflict child, code, ack, xml-not-well-formed.
    private static ConnectionEnd ReadStreamError(Node stanza)
    {
        var code = Number(stanza["code"]) ?? 0;
        switch (stanza.Child("conflict")?["type"])
        {
            case "replaced":
                return new ConnectionEnd(EndKind.Replaced, code, "replaced");
            case "device_removed":
                return new ConnectionEnd(EndKind.DeviceRemoved, code, "device_removed");
            default:
                break;
        }
        if (code != 0)
            return new ConnectionEnd(EndKind.StreamError, code, "stream-error");
        if (stanza.Child("ack") is not null)
            return new ConnectionEnd(EndKind.AckMissing, 0, "ack-missing");
        return stanza.Child("xml-not-well-formed") is not null
            ? new ConnectionEnd(EndKind.NotWellFormed, 0, "xml-not-well-formed")
            : new ConnectionEnd(EndKind.StreamError, 0, "stream-error");
    }

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string FailureName(int reason) => reason switch
    {
        400 => "generic",
        401 => "not-authorized",
        403 => "locked",
        405 => "client-too-old",
        406 => "banned",
        409 => "bad-user-agent",
        413 => "cat-expired",
        414 => "cat-invalid",
        415 => "not-found",
        418 => "client-unknown",
        419 => "logged-out",
        500 => "internal-server-error",
        501 => "experimental",
        503 => "service-unavailable",
        _ => "unknown-failure",
    };

    private static string BanName(int? code) => code switch
    {
        101 => "too-many-strangers",
        102 => "blocked-by-many",
        103 => "groups-with-strangers",
        104 => "same-message-to-many",
        106 => "broadcast-list",
        _ => "temporary-ban",
    };
}
