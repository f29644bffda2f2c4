using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Reads replies to buttons and lists, advertisements, events, products, orders and invitations (wire/04 §13.2). Pure and bounded.</summary>
internal static class BusinessReader
{
    private const int MaxParameters = 65_536;
    private const decimal PriceUnit = 1000;

    /// <summary>What was chosen, or null.</summary>
    public static ReplyInfo? Reply(Message? m) => m switch
    {
        { ListResponseMessage: { } row } => new(Blank(row.SingleSelectReply?.SelectedRowId), Blank(row.Title), Blank(row.Description)),
        { ButtonsResponseMessage: { } button } => new(Blank(button.SelectedButtonId), Blank(button.SelectedDisplayText), null),
        { TemplateButtonReplyMessage: { } button } => new(Blank(button.SelectedId), Blank(button.SelectedDisplayText), null),
        { InteractiveResponseMessage: { } answer } => Interactive(answer),
        _ => null,
    };

    /// <summary>The advertisement a context names, or null.</summary>
    public static AdReferralInfo? Ad(ContextInfo? context) =>
        context?.ExternalAdReply is { } ad && (ad.SourceId.Length > 0 || ad.SourceUrl.Length > 0 || ad.CtwaClid.Length > 0)
            ? new(Blank(ad.SourceUrl), Blank(ad.SourceId), Blank(ad.Title), Blank(ad.Body), Blank(ad.CtwaClid)) { SourceType = Blank(ad.SourceType) }
            : null;

    /// <summary>The event, or null.</summary>
    public static EventInfo? Event(Message? m) => m switch
    {
        { EventMessage: { } happening } => new(Blank(happening.Name), Blank(happening.Description), Time(happening.StartTime), Time(happening.EndTime), Blank(happening.JoinLink), happening.IsCanceled)
        {
            Location = happening.Location is { } place ? DetailReader.Location(new Message { LocationMessage = place }) : null,
        },
        { EventInviteMessage: { } invite } => new(Blank(invite.EventTitle), Blank(invite.Caption), Time(invite.StartTime), Time(invite.EndTime), Blank(invite.CallLink), invite.IsCanceled),
        _ => null,
    };

    /// <summary>The product, or null.</summary>
    public static ProductInfo? Product(Message? m) => m?.ProductMessage is { } message && message.Product is { } product
        ? new(Blank(product.ProductId), Blank(product.Title), Blank(product.Description), Blank(product.CurrencyCode),
            product.HasPriceAmount1000 ? product.PriceAmount1000 / PriceUnit : null, Blank(product.RetailerId), Blank(product.Url), Account(message.BusinessOwnerJid))
        : null;

    /// <summary>The order, or null.</summary>
    public static OrderInfo? Order(Message? m) => m?.OrderMessage is { } order
        ? new(Blank(order.OrderId), Blank(order.Token), Blank(order.OrderTitle), order.ItemCount, Blank(order.TotalCurrencyCode),
            order.HasTotalAmount1000 ? order.TotalAmount1000 / PriceUnit : null, Account(order.SellerJid))
        : null;

    /// <summary>The invitation, or null.</summary>
    public static GroupInviteInfo? Invite(Message? m) => m?.GroupInviteMessage is { } invite
        ? new(Jid.TryParse(invite.GroupJid, out var group) ? group : null, Blank(invite.GroupName), Blank(invite.InviteCode), Time(invite.InviteExpiration))
        : null;

    // A native flow answers with JSON of the asker's own; id, title and description are taken where they stand at the top.
    private static ReplyInfo Interactive(Message.Types.InteractiveResponseMessage answer)
    {
        var (shown, json) = (Blank(answer.Body?.Text), answer.NativeFlowResponseMessage?.ParamsJson);
        if (json is not { Length: > 0 and <= MaxParameters })
            return new(null, shown, null);
        try
        {
            using var parameters = JsonDocument.Parse(json);
            return new(TextOf(parameters.RootElement, "id"), shown ?? TextOf(parameters.RootElement, "title"), TextOf(parameters.RootElement, "description"));
        }
        catch (JsonException)
        {
            return new(null, shown, null);
        }
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Blank(value.GetString()) : null;

    private static Jid? Account(string text) => Jid.TryParse(text, out var jid) && jid.IsUser ? jid.ToAccount() : null;

    private static long? Time(long seconds) => seconds > 0 ? seconds : null;

    private static string? Blank(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
