using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Connection;

/// <summary>What the pump needs of a connection.</summary>
internal interface IStanzaLine
{
    /// <summary>Completes with the reason when the connection is over.</summary>
    Task<ConnectionEnd> Ended { get; }

    /// <summary>Ends the connection for this reason, unless it is over already. Does not wait.</summary>
    void End(ConnectionEnd end);

    /// <summary>Sends one stanza.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    Task SendAsync(Node stanza);
}
