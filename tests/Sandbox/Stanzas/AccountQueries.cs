using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Questions of a client about its account and the server's settings (wire/01 §8.3, wire/05 §1, wire/07 §4, §7, §12): props, privacy,
/// blocklist, media connection, profile picture. Anything unknown gets an empty result.
/// </summary>
internal sealed class AccountQueries(SandboxServer server)
{
    private static readonly (string Name, string Value)[] PrivacyDefaults =
    [
        ("readreceipts", "all"), ("last", "all"), ("profile", "all"), ("status", "all"), ("online", "all"), ("groupadd", "all"), ("calladd", "all"),
        ("messages", "all"), ("defense", "off"),
    ];

    /// <summary>The answer; never null.</summary>
    public Node Answer(DeviceSession session, Node iq) => (iq["xmlns"], iq["type"]) switch
    {
        ("abt", "get") => Stanzas.Answer.Result(iq, new Node("props",
            ("protocol", "1"), ("ab_key", "sandbox"), ("hash", "1"), ("refresh", "86400"), ("refresh_id", "1"))),
        ("w", "get") when iq.Child("props") is not null => Stanzas.Answer.Result(iq, new Node("props", [("version", "1"), ("hash", "1")], Array.Empty<Node>())),
        ("privacy", "get") => Stanzas.Answer.Result(iq, Privacy(session.Account)),
        ("blocklist", "get") => Stanzas.Answer.Result(iq, new Node("list", [("dhash", "none")], Array.Empty<Node>())),
        ("w:m", "set") => Stanzas.Answer.Result(iq, MediaConnection()),
        ("w:profile:picture", "get") => ProfilePictures.Answer(server, session.Account, iq),
        ("status", "set") => SetAbout(session, iq),
        _ => Stanzas.Answer.Result(iq),
    };

    private static Node Privacy(Account account)
    {
        bool receipts;
        lock (account.Gate)
            receipts = account.SendsReadReceipts;
        return new Node("privacy", [], [.. PrivacyDefaults.Select(setting =>
            new Node("category", ("name", setting.Name), ("value", setting.Name == "readreceipts" && !receipts ? "none" : setting.Value)))]);
    }

    /// <summary><c>&lt;media_conn auth ttl auth_ttl max_buckets id&gt;&lt;host hostname type/&gt;&lt;/media_conn&gt;</c></summary>
    private Node MediaConnection() => new("media_conn",
        [("auth", server.Media.Auth), ("ttl", "21600"), ("auth_ttl", "21600"), ("max_buckets", "12"), ("id", "1")],
        [.. server.MediaHosts.Select((name, at) => new Node("host", [("hostname", name), ("type", at == 0 ? "primary" : "fallback")], [new Node("upload"), new Node("download")]))]);

    private static Node SetAbout(DeviceSession session, Node iq)
    {
        lock (session.Account.Gate)
            session.Account.About = iq.Child("status")?.Text ?? "";
        return Stanzas.Answer.Result(iq);
    }
}
