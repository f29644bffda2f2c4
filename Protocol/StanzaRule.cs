using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol;

/// <summary>A handler of a kind of stanza that needs nothing loaded.</summary>
internal sealed class StanzaRule(Func<Node, bool> handles, Action<Node, DeviceStep> handle) : IStanzaHandler
{
    public bool Handles(Node stanza) => handles(stanza);

    public ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        foreach (var stanza in stanzas)
            handle(stanza, step);
        return ValueTask.CompletedTask;
    }
}
