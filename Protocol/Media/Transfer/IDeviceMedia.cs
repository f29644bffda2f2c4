namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>What a device knows about files.</summary>
public interface IDeviceMedia
{
    /// <summary>
    /// The media connection of this device: asked for when needed, one for all its transfers, forgotten with the connection to WhatsApp.
    /// May be used on any thread.
    /// </summary>
    /// <remarks>Its methods fail with <see cref="Connection.LinkClosedException"/> while there is no connection, and like <see cref="Connection.IDeviceLink.QueryAsync"/>.</remarks>
    IMediaConnectionSource MediaConnections { get; }
}
