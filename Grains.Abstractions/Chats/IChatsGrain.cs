using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Chats;

/// <summary>
/// The chats of one instance: the same activation as <see cref="Instances.IInstanceGrain"/>. Key: the instance id.
/// Failures come as <see cref="InstanceProblemException"/>.
/// </summary>
/// <remarks>Interleaves: calls only queue to the device's pump or wait for the server.</remarks>
[Alias("wa.IChatsGrain")]
public interface IChatsGrain : IGrainWithStringKey
{
    /// <summary>Sends read receipts, one per author.</summary>
    /// <param name="chat">Normalised address of a user, group or status@broadcast.</param>
    /// <param name="messageIds">Null = everything unread.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("MarkRead")]
    Task<ReadReport> MarkReadAsync(string chat, IReadOnlyList<string>? messageIds, CancellationToken cancellationToken = default);

    /// <summary>Shows typing or recording in a chat, or ends it.</summary>
    [AlwaysInterleave]
    [Alias("ShowTyping")]
    Task ShowTypingAsync(string chat, ChatTyping state, CancellationToken cancellationToken = default);

    /// <summary>Asks for presence.update events of a chat.</summary>
    [AlwaysInterleave]
    [Alias("WatchPresence")]
    Task WatchPresenceAsync(string chat, CancellationToken cancellationToken = default);

    /// <summary>Shows the account as available or not.</summary>
    [AlwaysInterleave]
    [Alias("ShowPresence")]
    Task ShowPresenceAsync(bool available, CancellationToken cancellationToken = default);
}

/// <summary>What is shown in a chat.</summary>
[GenerateSerializer, Alias("wa.ChatTyping")]
public enum ChatTyping
{
    /// <summary>Writing.</summary>
    Composing,
    /// <summary>Recording.</summary>
    Recording,
    /// <summary>Neither any more.</summary>
    Paused,
}

/// <summary>Which messages the authors were told about, and which of the ids are no received messages of the chat.</summary>
[GenerateSerializer, Alias("wa.ReadReport")]
public sealed record ReadReport([property: Id(0)] IReadOnlyList<string> Read, [property: Id(1)] IReadOnlyList<string> Unknown);
