using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Chats;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/chats/{jid} and the account's own presence (rest-api part B, beyond the seed).</summary>
internal static class ChatEndpoints
{
    private const int MaxMessages = 1000;
    private const int MaxMessageId = 128;

    public static void MapChats(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/instances/{id}/chats/{jid}/read", ReadAsync).Needs("send").WithSummary("Tell the authors that their messages were read");
        routes.MapPost("/instances/{id}/chats/{jid}/typing", TypingAsync).Needs("send").WithSummary("Show typing or recording, or end it");
        routes.MapPost("/instances/{id}/chats/{jid}/presence", WatchAsync).Needs("read").WithSummary("Ask for presence.update events of a contact or group");
        routes.MapPost("/instances/{id}/presence", PresenceAsync).Needs("send").WithSummary("Show the account as available or not");
    }

    private static async Task<IResult> ReadAsync(string id, string jid, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var (instance, chat) = (InstanceIds.FromRoute(id), Address.ChatInRoute(jid, status: true));
        var body = await JsonBody.ReadAsync(request, optional: true, cancellationToken);
        var ids = body.Find("messageIds") is null ? null : body.TextList("messageIds", MaxMessages, MaxMessageId);
        if (ids is { Count: 0 })
            body.Fail<string>("messageIds", "out-of-range", $"must have 1 to {MaxMessages} entries, or be left out for everything unread");
        body.Finish();
        var report = await grains.GetGrain<IChatsGrain>(instance).MarkReadAsync(chat, ids, cancellationToken);
        return Results.Ok(new { success = true, chatId = chat, read = report.Read, unknown = report.Unknown });
    }

    private static async Task<IResult> TypingAsync(string id, string jid, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var (instance, chat) = (InstanceIds.FromRoute(id), Address.ChatInRoute(jid, status: false));
        var body = await JsonBody.ReadAsync(request, optional: false, cancellationToken);
        var state = body.OneOf("state", "composing", "recording", "paused");
        body.Finish();
        await grains.GetGrain<IChatsGrain>(instance).ShowTypingAsync(chat, state switch
        {
            "composing" => ChatTyping.Composing,
            "recording" => ChatTyping.Recording,
            _ => ChatTyping.Paused,
        }, cancellationToken);
        return Results.Ok(new { success = true, chatId = chat, state });
    }

    private static async Task<IResult> WatchAsync(string id, string jid, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var (instance, chat) = (InstanceIds.FromRoute(id), Address.ChatInRoute(jid, status: false));
        await grains.GetGrain<IChatsGrain>(instance).WatchPresenceAsync(chat, cancellationToken);
        return Results.Ok(new { success = true, chatId = chat });
    }

    private static async Task<IResult> PresenceAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(request, optional: false, cancellationToken);
        var state = body.OneOf("state", "available", "unavailable");
        body.Finish();
        await grains.GetGrain<IChatsGrain>(instance).ShowPresenceAsync(state == "available", cancellationToken);
        return Results.Ok(new { success = true, state });
    }
}
