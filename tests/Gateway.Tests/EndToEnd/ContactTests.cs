using System.Text.Json;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>/instances/{id}/contacts on a linked instance.</summary>
public sealed class ContactTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    [Fact]
    public async Task Numbers_are_checked_in_order_as_they_were_written_and_their_lids_are_kept()
    {
        var bia = shop.Product.Network.AddPhone("551187654321", "Bia");
        var (status, answer) = await shop.PostAsync("contacts/check", new { numbers = new[] { "+55 11 98765-4321", "5511900009999", "551187654321@s.whatsapp.net" } });

        Assert.Equal(200, status);
        var items = answer.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["+55 11 98765-4321", "5511900009999", "551187654321@s.whatsapp.net"], items.Select(item => Text(item, "input")));
        Assert.Equal([true, false, true], items.Select(item => item.GetProperty("exists").GetBoolean()));
        Assert.Equal(("551187654321@s.whatsapp.net", "551187654321", bia.Lid.ToString()), (Text(items[0], "jid"), Text(items[0], "phoneNumber"), Text(items[0], "lid")));
        Assert.Equal((null, null, null), (Text(items[1], "jid"), Text(items[1], "phoneNumber"), Text(items[1], "lid")));
        var kept = (await shop.GetAsync("lid-mappings?phone=551187654321")).Body.GetProperty("items")[0];
        Assert.Equal((bia.Lid.ToString(), "usync"), (Text(kept, "lid"), Text(kept, "source")));
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
    }

    [Theory]
    [InlineData("""{}""", "/numbers"), InlineData("""{"numbers":[]}""", "/numbers"), InlineData("""{"numbers":"5511900000001"}""", "/numbers")]
    [InlineData("""{"numbers":["5511900000001","Ana"]}""", "/numbers/1"), InlineData("""{"numbers":[5511900000001]}""", "/numbers/0"), InlineData("""{"numbers":["1@lid"]}""", "/numbers/0")]
    public async Task What_is_no_number_is_refused_with_its_place(string body, string pointer)
    {
        var (status, problem) = await shop.PostAsync("contacts/check", JsonElement.Parse(body));
        Assert.Equal((422, "validation-failed"), (status, Text(problem, "code")));
        Assert.Contains(pointer, problem.GetProperty("errors").EnumerateArray().Select(error => Text(error, "pointer")));
    }

    [Fact]
    public async Task More_than_a_hundred_numbers_are_refused() =>
        Assert.Equal(422, (await shop.PostAsync("contacts/check", new { numbers = Enumerable.Range(0, 101).Select(i => $"55119900000{i:D3}") })).Status);

    [Fact]
    public async Task A_contact_shows_picture_about_and_both_addresses()
    {
        var carla = shop.Product.AddPhone("Carla");
        (carla.About, carla.PictureId) = ("Busy", "1700000002");

        var (status, contact) = await shop.GetAsync($"contacts/{carla.PhoneNumber}?picture=preview");

        Assert.Equal(200, status);
        Assert.Equal((carla.Jid.ToString(), carla.Lid.ToString(), carla.PhoneNumber, "Busy"), (Text(contact, "jid"), Text(contact, "lid"), Text(contact, "phoneNumber"), Text(contact, "about")));
        Assert.True(contact.GetProperty("onWhatsApp").GetBoolean());
        Assert.EndsWith("1700000002_preview.jpg", Text(contact, "profilePicUrl"), StringComparison.Ordinal);
        Assert.Equal(Text(contact, "about"), Text((await shop.GetAsync($"contacts/{carla.Lid}")).Body, "about"));
        Assert.False((await shop.GetAsync("contacts/5511900009998")).Body.GetProperty("onWhatsApp").GetBoolean());
        Assert.Equal((422, 422), ((await shop.GetAsync("contacts/Carla")).Status, (await shop.GetAsync("contacts/5511900009998?picture=huge")).Status));
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
    }

    [Fact]
    public async Task An_instance_that_is_not_linked_says_so()
    {
        await shop.Product.Gateway.PostAsync("/instances", new { instanceId = "unlinked" }, 201);
        var problem = await shop.Product.Gateway.PostAsync("/instances/unlinked/contacts/check", new { numbers = new[] { "5511900000001" } }, 409);
        Assert.Equal("instance-not-connected", Text(problem, "code"));
    }
}
