using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Profile;

/// <summary>
/// Profile picture and about of accounts (wire/07 §3, §4). Pure.
/// <code>
/// &lt;iq type="get" xmlns="w:profile:picture" to="s.whatsapp.net" target&gt;&lt;picture type="preview|image" query="url"/&gt;&lt;/iq&gt; → &lt;picture id url direct_path type/&gt;
/// usync &lt;query&gt;&lt;contact/&gt;&lt;lid/&gt;&lt;status/&gt;&lt;/query&gt;&lt;list&gt;&lt;user jid&gt;&lt;contact&gt;+N&lt;/contact&gt;&lt;/user&gt;&lt;/list&gt;
///   → &lt;user jid pn_jid?&gt;&lt;contact type="in|out|invalid"/&gt;&lt;lid val/&gt;&lt;status t? code?&gt;text&lt;/status&gt;&lt;/user&gt;
/// </code>
/// </summary>
internal static class ProfileQueries
{
    /// <summary>Asks where a picture is.</summary>
    /// <param name="target">User or group.</param>
    /// <param name="type">image | preview.</param>
    public static Node Picture(Jid target, string type) =>
        new("iq", [("target", target.ToString()), ("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "w:profile:picture")],
            [new Node("picture", ("type", type), ("query", "url"))]);

    /// <summary>The picture of an answer; null = none.</summary>
    /// <exception cref="IqErrorException">The answer holds a refusal other than 404.</exception>
    public static ProfilePicture? ReadPicture(Node answer)
    {
        if (answer.Child("picture") is not { } picture)
            return null;
        if (picture.Child("error") is { } error && error["code"] != "404")
            throw new IqErrorException(int.TryParse(error["code"], NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 500, error["text"]);
        return picture["id"] is { } id && picture["url"] is { Length: > 0 } url ? new ProfilePicture(id, url, picture["direct_path"], picture["type"] ?? "image") : null;
    }

    /// <summary>Asks numbers whether they exist, for their LIDs and about texts.</summary>
    public static Node Numbers(string sid, IEnumerable<Jid> phones) =>
        Usync.Query(sid, "interactive", [new Node("contact"), new Node("lid"), new Node("status")],
            phones.Select(phone => new Node("user", [("jid", phone.ToString())], [new Node("contact", [], "+" + phone.User)])));

    /// <summary>Asks a LID for its about text.</summary>
    public static Node Lid(string sid, Jid lid) => Usync.Query(sid, "interactive", [new Node("status")], [new Node("user", ("jid", lid.ToString()))]);

    /// <summary>What an answer tells of its users; malformed ones are left out.</summary>
    public static IReadOnlyList<UserProfile> ReadUsers(Node answer) =>
        [.. (answer.Child("usync")?.Child("list")?.ChildrenOf("user") ?? []).Select(ReadUser).OfType<UserProfile>()];

    private static UserProfile? ReadUser(Node user)
    {
        var exists = user.Child("contact")?["type"] is { } type ? type == "in" : (bool?)null;
        if (user.JidOf("jid") is not { IsUser: true, User.Length: > 0 } jid)
            return exists == false ? new UserProfile { Exists = false } : null;
        var status = user.Child("status");
        return new UserProfile
        {
            Exists = exists,
            Phone = jid.IsPhone ? jid.ToAccount() : user.JidOf("pn_jid") is { IsPhone: true } phone ? phone.ToAccount() : null,
            Lid = jid.IsLid ? jid.ToAccount() : user.Child("lid")?.JidOf("val") is { IsLid: true } lid ? lid.ToAccount() : null,
            About = status?.Text is { Length: > 0 } text ? text : null,
            AboutSetAt = long.TryParse(status?["t"], NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at > 0 ? at : null,
            AboutHidden = status?["code"] is "401" or "403" || status?.Child("error")?["code"] is "401" or "403",
        };
    }
}

/// <summary>One user of a usync answer about profiles.</summary>
internal sealed record UserProfile
{
    /// <summary>Answer to the contact question; null = not asked or not told.</summary>
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
}
