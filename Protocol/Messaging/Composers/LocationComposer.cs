using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>A place: <c>locationMessage</c>.</summary>
internal static class LocationComposer
{
    public static Message Compose(OutgoingLocation place)
    {
        var location = new Message.Types.LocationMessage { DegreesLatitude = place.Latitude, DegreesLongitude = place.Longitude };
        if (place.Name is { Length: > 0 } name)
            location.Name = name;
        if (place.Address is { Length: > 0 } address)
            location.Address = address;
        if (place.Url is { Length: > 0 } url)
            location.Url = url;
        return new Message { LocationMessage = location };
    }
}
