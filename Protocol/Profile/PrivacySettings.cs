using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Profile;

/// <summary>
/// The account's privacy settings as far as the device obeys them (wire/07 §7): asked once per connection, again after the phone changed them.
/// <code>
/// &lt;iq type="get" xmlns="privacy" to="s.whatsapp.net"&gt;&lt;privacy/&gt;&lt;/iq&gt; → &lt;privacy&gt;&lt;category name value/&gt;…&lt;/privacy&gt;
/// &lt;notification type="account_sync" from="own"&gt;&lt;privacy&gt;…&lt;/privacy&gt;&lt;/notification&gt;
/// </code>
/// </summary>
internal sealed class PrivacySettings(IDeviceLink link) : IStanzaHandler
{
    private bool? _sendsReadReceipts;

    /// <summary>The question.</summary>
    public static Node Question() => new("iq", [("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "privacy")], [new Node("privacy")]);

    /// <summary>The settings of an answer by name.</summary>
    public static IReadOnlyDictionary<string, string> Read(Node answer)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var category in answer.Child("privacy")?.ChildrenOf("category") ?? [])
            if (category["name"] is { } name && category["value"] is { } value)
                settings[name] = value;
        return settings;
    }

    /// <summary>Whether authors may learn that we read their messages. Never await it inside a pump step.</summary>
    public async Task<bool> SendsReadReceiptsAsync(CancellationToken cancellationToken) =>
        _sendsReadReceipts ??= Read(await link.QueryAsync(Question(), cancellationToken)).GetValueOrDefault("readreceipts") != "none";

    /// <summary>Call after every login.</summary>
    public void OnOpen() => _sendsReadReceipts = null;

    /// <inheritdoc/>
    public bool Handles(Node stanza) =>
        stanza.Tag == "notification" && stanza["type"] == "account_sync" && stanza.Child("privacy") is not null && stanza.Child("devices") is null;

    /// <inheritdoc/>
    public ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        step.AfterCommit.Add(() => _sendsReadReceipts = null);
        foreach (var stanza in stanzas)
            if (StanzaAck.Wants(stanza))
                step.Send.Add(StanzaAck.Of(stanza, link.Credentials.Jid));
        return ValueTask.CompletedTask;
    }
}
