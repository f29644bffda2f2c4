using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Profile;

/// <summary>
/// Profile picture and about of accounts (wire/07 §3, §4). Pure.
/// <code>
/// &lt;iq type="get" xmlns="w:profile:picture" to="s.whatsapp.net" target&gt;&lt;picture type="preview|image" query="url" [id]&gt;[&lt;tctoken/&gt;]&lt;/picture&gt;&lt;/iq&gt; → &lt;picture id url direct_path type/&gt;
/// usync &lt;query&gt;&lt;contact/&gt;&lt;status/&gt;&lt;picture/&gt;&lt;/query&gt;&lt;list&gt;&lt;user jid&gt;[&lt;tctoken/&gt;]&lt;/user&gt;&lt;/list&gt;
/// </code>
/// </summary>
internal static class ProfileQueries
{
    /// <summary>Asks where a picture is.</summary>
    /// <param name="target">User or group.</param>
    /// <param name="type">image | preview.</param>
    /// <param name="knownId">The picture we have: nothing comes back when it is still the one.</param>
    /// <param name="token">Trusted-contact token, when we hold one.</param>
    public static Node Picture(Jid target, string type, string? knownId = null, ReadOnlyMemory<byte>? token = null)
    {
        (string, string?)[] attributes = [("type", type), ("query", "url"), ("id", knownId)];
        return new Node("iq", [("target", target.ToString()), ("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "w:profile:picture")],
            [token is { } bytes ? new Node("picture", attributes, [TokenNode(bytes)]) : new Node("picture", attributes)]);
    }

    /// <summary>The picture of an answer; null = none, or still the known one.</summary>
    /// <exception cref="IqErrorException">The answer holds a refusal other than 404.</exception>
    public static ProfilePicture? ReadPicture(Node answer)
    {
        if (answer.Child("picture") is not { } picture)
            return null;
        if (picture.Child("error") is { } error && error["code"] != "404")
            throw new IqErrorException(int.TryParse(error["code"], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 500, error["text"]);
        return picture is { } && picture["id"] is { } id && picture["url"] is { Length: > 0 } url
            ? new ProfilePicture(id, url, picture["direct_path"], picture["type"] ?? "image")
            : null;
    }

    /// <summary>Asks accounts for what these protocols tell: contact, lid, status, picture.</summary>
    public static Node Users(string sid, IReadOnlyList<string> protocols, IEnumerable<(Jid Account, ReadOnlyMemory<byte>? Token)> users) =>
        Usync.Query(sid, "interactive", [.. protocols.Select(protocol => new Node(protocol))], users.Select(user => user.Token is { } token
            ? new Node("user", [("jid", user.Account.ToString())], [TokenNode(token)])
            : new Node("user", ("jid", user.Account.ToString()))));

    /// <summary>What an answer tells of its users; malformed ones are left out.</summary>
    public static IReadOnlyList<UserProfile> ReadUsers(Node answer) =>
        [.. (answer.Child("usync")?.Child("list")?.ChildrenOf("user") ?? []).Select(ReadUser).OfType<UserProfile>()];

    private static UserProfile? ReadUser(Node user)
    {
        if (user.JidOf("jid") is not { IsUser: true } jid)
            return null;
        var status = user.Child("status");
        return new UserProfile(jid.ToAccount())
        {
            Exists = user.Child("contact")?["type"] is { } type ? type == "in" : null,
            Phone = jid.IsPhone ? jid.ToAccount() : user.JidOf("pn_jid") is { IsPhone: true } phone ? phone.ToAccount() : null,
            Lid = jid.IsLid ? jid.ToAccount() : user.Child("lid")?.JidOf("val") is { IsLid: true } lid ? lid.ToAccount() : null,
            About = status?.Text is { Length: > 0 } text ? text : null,
            AboutSetAt = long.TryParse(status?["t"], NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at > 0 ? at : null,
            AboutHidden = status?["code"] is "401" or "403" || status?.Child("error")?["code"] is "401" or "403",
            PictureId = user.Child("picture")?["id"],
        };
    }

    private static Node TokenNode(ReadOnlyMemory<byte> token) => new("tctoken", [], token);
}

/// <summary>One user of a usync answer about profiles.</summary>
/// <param name="Jid">As the server named it.</param>
internal sealed record UserProfile(Jid Jid)
{
    /// <summary>Answer to the contact question; null = not asked.</summary>
    public bool? Exists { get; init; }
    /// <summary>Phone-number account, when told.</summary>
    public Jid? Phone { get; init; }
    /// <summary>LID account, when told.</summary>
    public Jid? Lid { get; init; }
    /// <summary>About text; null = none or hidden.</summary>
    public string? About { get; init; }
    /// <summary>Seconds since the Unix epoch.</summary>
    public long? AboutSetAt { get; init; }
    /// <summary>We may not see the about text.</summary>
    public bool AboutHidden { get; init; }
    /// <summary>Id of the picture, when there is one.</summary>
    public string? PictureId { get; init; }
}
