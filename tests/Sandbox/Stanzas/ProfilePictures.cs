using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Where the picture of an account is (wire/07 §4).
/// <code>&lt;iq xmlns="w:profile:picture" target&gt;&lt;picture type query="url"/&gt;&lt;/iq&gt; → &lt;picture id url direct_path type/&gt;; none 404, hidden 401</code>
/// </summary>
internal static class ProfilePictures
{
    public static Node Answer(SandboxServer server, Account asking, Node iq)
    {
        var account = iq["target"] is null ? asking : StanzaRouter.AccountOf(server, iq, "target");
        if (account is null || iq.Child("picture") is not { } asked)
            return Stanzas.Answer.Error(iq, 404, "item-not-found");
        string? picture;
        bool hidden;
        lock (account.Gate)
            (picture, hidden) = (account.PictureId, account.HidesProfile && account != asking);
        if (hidden)
            return Stanzas.Answer.Error(iq, 401, "not-authorized");
        if (picture is null)
            return Stanzas.Answer.Error(iq, 404, "item-not-found");
        var type = asked["type"] == "preview" ? "preview" : "image";
        var path = $"/v/t61.24694-24/{picture}_{type}.jpg";
        return Stanzas.Answer.Result(iq, new Node("picture", ("id", picture), ("type", type), ("url", $"https://{server.MediaHosts[0]}{path}"), ("direct_path", path)));
    }
}
