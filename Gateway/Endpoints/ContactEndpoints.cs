using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Contacts;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/contacts (rest-api part B, beyond the seed).</summary>
internal static class ContactEndpoints
{
    private const int MaxNumbers = 100;
    private const int MaxAddress = 64;

    public static void MapContacts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/instances/{id}/contacts/check", CheckAsync).Needs("read").WithSummary("Which numbers are on WhatsApp");
        routes.MapGet("/instances/{id}/contacts/{jid}", FindAsync).Needs("read").WithSummary("Picture, about and addresses of a contact");
    }

    private static async Task<IResult> FindAsync(string id, string jid, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var (instance, account) = (InstanceIds.FromRoute(id), Address.UserInRoute(jid));
        var preview = request.OneOf("picture", "image", "preview") == "preview";
        var contact = await grains.GetGrain<IContactsGrain>(instance).GetContactAsync(account, preview, cancellationToken);
        return Results.Ok(new
        {
            jid = contact.Phone ?? contact.Lid ?? account,
            lid = contact.Lid,
            phoneNumber = contact.Phone?.Split('@')[0],
            onWhatsApp = contact.Exists,
            pushName = contact.PushName,
            profilePicUrl = contact.PictureUrl,
            profilePicId = contact.PictureId,
            profilePicHidden = contact.PictureHidden,
            about = contact.About,
            aboutSetAt = contact.AboutSetAt,
            aboutHidden = contact.AboutHidden,
        });
    }

    private static async Task<IResult> CheckAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(request, optional: false, cancellationToken);
        var numbers = body.TextList("numbers", MaxNumbers, MaxAddress);
        if (numbers.Count == 0)
            body.Fail<string>("numbers", "required", "must have 1 to 100 entries");
        var phones = new List<string>(numbers.Count);
        foreach (var (index, number) in numbers.Index())
            if (Address.TryPhone(number, out var digits, out var why))
                phones.Add(digits + "@s.whatsapp.net");
            else
                body.Fail<string>($"numbers/{index}", "invalid-format", why);
        body.Finish();

        var results = await grains.GetGrain<IContactsGrain>(instance).CheckNumbersAsync(phones, cancellationToken);
        return Results.Ok(new
        {
            items = numbers.Zip(results).Select(pair => new
            {
                input = pair.First,
                exists = pair.Second.Exists,
                jid = pair.Second.Phone,
                lid = pair.Second.Lid,
                phoneNumber = pair.Second.Phone?.Split('@')[0],
            }),
        });
    }
}
