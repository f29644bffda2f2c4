using System.Text.Json;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary>Members of <c>Message</c> that only some types have: reply, adReferral, event, product, order, groupInvite.</summary>
internal static class MessageDetailBody
{
    /// <summary>Writes those that there are.</summary>
    public static void Write(Utf8JsonWriter json, MessageInfo message)
    {
        if (message.Reply is { } reply)
        {
            json.WriteStartObject("reply");
            json.WriteString("id", reply.Id);
            json.WriteString("title", reply.Title);
            json.WriteString("description", reply.Description);
            json.WriteEndObject();
        }
        if (message.AdReferral is { } ad)
        {
            json.WriteStartObject("adReferral");
            json.WriteString("sourceUrl", ad.SourceUrl);
            json.WriteString("sourceId", ad.SourceId);
            json.WriteString("sourceType", ad.SourceType);
            json.WriteString("title", ad.Title);
            json.WriteString("body", ad.Body);
            json.WriteString("ctwaClid", ad.CtwaClid);
            json.WriteEndObject();
        }
        if (message.Event is { } happening)
            WriteEvent(json, happening);
        if (message.Product is { } product)
            WriteProduct(json, product);
        if (message.Order is { } order)
            WriteOrder(json, order);
        if (message.GroupInvite is { } invite)
        {
            json.WriteStartObject("groupInvite");
            json.WriteJid("groupId", invite.Group);
            json.WriteString("name", invite.Name);
            json.WriteString("code", invite.Code);
            WriteNumber(json, "expiresAt", invite.ExpiresAt);
            json.WriteEndObject();
        }
    }

    private static void WriteEvent(Utf8JsonWriter json, EventInfo happening)
    {
        json.WriteStartObject("event");
        json.WriteString("name", happening.Name);
        json.WriteString("description", happening.Description);
        WriteNumber(json, "startsAt", happening.StartsAt);
        WriteNumber(json, "endsAt", happening.EndsAt);
        json.WriteString("joinLink", happening.JoinLink);
        json.WriteBoolean("canceled", happening.Canceled);
        if (happening.Location is { } place)
            MessageBody.WriteLocation(json, place);
        json.WriteEndObject();
    }

    private static void WriteProduct(Utf8JsonWriter json, ProductInfo product)
    {
        json.WriteStartObject("product");
        json.WriteString("id", product.Id);
        json.WriteString("title", product.Title);
        json.WriteString("description", product.Description);
        json.WriteString("currency", product.Currency);
        WriteNumber(json, "price", product.Price);
        json.WriteString("retailerId", product.RetailerId);
        json.WriteString("url", product.Url);
        json.WriteJid("seller", product.Seller);
        json.WriteEndObject();
    }

    private static void WriteOrder(Utf8JsonWriter json, OrderInfo order)
    {
        json.WriteStartObject("order");
        json.WriteString("id", order.Id);
        json.WriteString("token", order.Token);
        json.WriteString("title", order.Title);
        json.WriteNumber("items", order.Items);
        json.WriteString("currency", order.Currency);
        WriteNumber(json, "total", order.Total);
        json.WriteJid("seller", order.Seller);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, decimal? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
