using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol;

// <ib>: what the server tells beside everything (wire/01 §8.3, §8.4).
public sealed partial class WhatsAppDevice
{
    private const string OfflineBatch = "100";
    private const int LongestRouting = 4096;

    private IStanzaHandler[] InfoRules() => [new StanzaRule(stanza => stanza.Tag == "ib", OnInfo)];

    private void OnInfo(Node stanza, DeviceStep step)
    {
        foreach (var bit in stanza.Children)
            OnInfoBit(bit, step);
    }

    private void OnInfoBit(Node bit, DeviceStep step)
    {
        switch (bit.Tag)
        {
            case "offline_preview":
                step.Send.Add(new Node("ib", [], [new Node("offline_batch", ("count", OfflineBatch))]));
                break;
            case "offline" when _session is { } session:
                step.AfterCommit.Add(() => session.BacklogEnded.TrySetResult());
                break;
            case "dirty" when _session is { } session:
                step.Send.Add(Clean(bit, session.Connection.NewId()));
                break;
            case "edge_routing" when bit.Child("routing_info")?.Bytes is { Length: > 0 and <= LongestRouting } routing:
                if (CredentialsIn(step).RoutingInfo is not { } known || !routing.Span.SequenceEqual(known))
                    step.Batch.Credentials = CredentialsIn(step) with { RoutingInfo = routing.ToArray() };
                break;
            case "client_expiration":
                LogExpires(_logger, bit["t"]);
                break;
            case "downgrade_webclient":
                LogNotMultiDevice(_logger);
                break;
            default:
                break;
        }
    }

    // <iq to type="set" xmlns="urn:xmpp:whatsapp:dirty"><clean type timestamp/></iq>
    private static Node Clean(Node dirty, string id) =>
        new("iq", [("id", id), ("to", Jid.PhoneServer), ("type", "set"), ("xmlns", "urn:xmpp:whatsapp:dirty")],
        [
            new Node("clean", ("type", dirty["type"]), ("timestamp", dirty["timestamp"])),
        ]);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the server will refuse this client version from {At} (seconds since the Unix epoch) on")]
    private static partial void LogExpires(ILogger logger, string? at);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the phone that scanned cannot link several devices; the code stays on show")]
    private static partial void LogNotMultiDevice(ILogger logger);
}
