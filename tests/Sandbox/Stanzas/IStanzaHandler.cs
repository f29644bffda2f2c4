using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>What a connection does with stanzas after the handshake.</summary>
internal interface IStanzaHandler
{
    /// <summary>One stanza from the client.</summary>
    void Handle(Node stanza);

    /// <summary>The socket is gone.</summary>
    void Disconnected();
}
