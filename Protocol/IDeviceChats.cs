using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol;

/// <summary>What a device shows and sees in chats beside messages. All of it needs a connection.</summary>
/// <remarks>Without one, every method fails with <see cref="Connection.LinkClosedException"/>.</remarks>
public interface IDeviceChats
{
    /// <summary>Tells the authors that their messages were read.</summary>
    /// <param name="chat">User, group or status@broadcast.</param>
    /// <param name="messageIds">Null = everything unread of the newest messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<ReadMessages> MarkReadAsync(Jid chat, IReadOnlyList<string>? messageIds, CancellationToken cancellationToken);

    /// <summary>Shows that something is being written or recorded; receivers forget it after some 25 seconds.</summary>
    Task ShowTypingAsync(Jid chat, TypingState state, CancellationToken cancellationToken);

    /// <summary>Asks to be told when a contact comes and goes; kept over reconnects. Contacts are told about only while we are available.</summary>
    Task WatchPresenceAsync(Jid chat, CancellationToken cancellationToken);

    /// <summary>Shows us as available or not; kept over reconnects. While available, the phone gives no push notifications.</summary>
    Task ShowPresenceAsync(bool available, CancellationToken cancellationToken);
}

/// <summary>What we show in a chat.</summary>
public enum TypingState
{
    /// <summary>Writing.</summary>
    Composing,
    /// <summary>Recording a voice message.</summary>
    Recording,
    /// <summary>Neither any more.</summary>
    Paused,
}

/// <summary>What became of a read command.</summary>
/// <param name="Read">Ids the authors are told about.</param>
/// <param name="Unknown">Ids given that are no received message of this chat.</param>
public sealed record ReadMessages(IReadOnlyList<string> Read, IReadOnlyList<string> Unknown);
