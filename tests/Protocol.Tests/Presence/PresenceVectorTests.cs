using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Presence;
using WhatsApp.Protocol.Profile;
using WhatsApp.Protocol.Tests.Groups;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Presence;

public sealed class PresenceVectorTests
{
    private const string File = "iq-stanzas.json";
    private static readonly Jid _user = Jid.Parse("5511999990001@s.whatsapp.net");

    private static readonly Dictionary<string, Node> _requests = new()
    {
        ["presence.available"] = PresenceStanzas.Own(true, "Loja"),
        ["presence.unavailable"] = PresenceStanzas.Own(false, "Loja"),
        ["presence.subscribe"] = PresenceStanzas.Subscribe(_user, null),
        ["chatstate.composing"] = PresenceStanzas.Typing(_user, TypingState.Composing),
        ["chatstate.recording"] = PresenceStanzas.Typing(_user, TypingState.Recording),
        ["chatstate.paused"] = PresenceStanzas.Typing(_user, TypingState.Paused),
        ["privacy.get"] = PrivacySettings.Question(),
    };

    public static TheoryData<string> Out => [.. All().Where(row => row.TryGetProperty("request", out _)).Select(Op)];
    public static TheoryData<string> In => [.. All().Where(row => row.TryGetProperty("incoming", out _)).Select(Op)];

    [Theory, MemberData(nameof(Out))]
    public void What_leaves_is_built_as_recorded(string op)
    {
        var row = All().Single(entry => Op(entry) == op);
        Assert.Equal(IqJson.Canonical(IqJson.ToNode(row.GetProperty("request"))), IqJson.Canonical(_requests[op]));
        if (op == "privacy.get")
        {
            var parsed = row.GetProperty("parsed");
            var settings = PrivacySettings.Read(IqJson.ToNode(row.GetProperty("response")));
            foreach (var (name, known) in new[] { ("last", "lastSeen"), ("online", "online"), ("readreceipts", "readReceipts"), ("groupadd", "groupAdd") })
                Assert.Equal(parsed.GetProperty(known).GetString(), settings[name]);
        }
        VectorFile.Ran(File, op);
    }

    [Theory, MemberData(nameof(In))]
    public void What_comes_is_read_as_recorded(string op)
    {
        var row = All().Single(entry => Op(entry) == op);
        var parsed = row.GetProperty("parsed");
        var incoming = IqJson.ToNode(row.GetProperty("incoming"));
        var read = PresenceStanzas.Read(incoming)!;
        Assert.Equal(incoming.JidOf("from"), read.Chat);
        if (incoming.Tag == "presence")
        {
            Assert.Equal(parsed.GetProperty("type").GetString(), read.State == PresenceState.Available ? "available" : "unavailable");
            Assert.Equal(parsed.TryGetProperty("lastSeen", out var seen) && seen.TryGetProperty("unixSeconds", out var at) ? at.GetInt64() : null, read.LastSeen);
            Assert.Equal(parsed.TryGetProperty("groupOnlineCount", out var count) ? count.GetInt32() : null, read.OnlineCount);
            Assert.Equal(read.Chat.IsGroup ? null : read.Chat, read.Who);
        }
        else
        {
            var audio = parsed.TryGetProperty("media", out var media) && media.GetString() == "audio";
            Assert.Equal((parsed.GetProperty("state").GetString(), audio),
                (read.State == PresenceState.Paused ? "paused" : "composing", read.State == PresenceState.Recording));
            Assert.Equal(parsed.GetProperty("participantJid").GetString(), read.Who.ToString());
        }
        VectorFile.Ran(File, op);
    }

    [Fact]
    public void What_nobody_knows_is_left_out()
    {
        foreach (var stanza in new[]
        {
            new Node("presence"), new Node("presence", ("from", "s.whatsapp.net")), new Node("presence", ("from", "1@newsletter")), new Node("presence", ("from", "1@lid"), ("type", "subscribe")),
            new Node("chatstate", ("from", "1@lid")), new Node("chatstate", [("from", "1@lid")], [new Node("dancing")]), new Node("chatstate", [("from", "1@g.us")], [new Node("composing")]),
        })
            Assert.Null(PresenceStanzas.Read(stanza));
        Assert.Null(PresenceStanzas.Read(new Node("presence", ("from", "1@lid"), ("last", "-5"), ("count", "x")))!.LastSeen);
    }

    private static string Op(JsonElement row) => row.GetProperty("op").GetString()!;

    private static IEnumerable<JsonElement> All() =>
        VectorFile.Load(File).GetProperty("cases").EnumerateArray().Where(row => Op(row).Split('.')[0] is "presence" or "chatstate" || Op(row) == "privacy.get");
}
