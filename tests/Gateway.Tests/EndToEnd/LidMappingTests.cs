using System.Text.Json;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>GET and POST /instances/{id}/lid-mappings on a linked instance.</summary>
public sealed class LidMappingTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static (int, int, int) Counts(JsonElement answer) =>
        (answer.GetProperty("created").GetInt32(), answer.GetProperty("updated").GetInt32(), answer.GetProperty("conflicts").GetArrayLength());

    [Fact]
    public async Task A_pair_entered_by_hand_is_created_listed_and_told()
    {
        var (status, created) = await shop.PostAsync("lid-mappings", new { lid = "700001", phoneNumber = "+55 (11) 97000-0001" });
        Assert.Equal((201, (1, 0, 0), true), (status, Counts(created), created.GetProperty("success").GetBoolean()));
        (status, var again) = await shop.PostAsync("lid-mappings", new { lid = "700001@lid", phoneNumber = "5511970000001@s.whatsapp.net" });
        Assert.Equal((200, (0, 1, 0)), (status, Counts(again)));

        foreach (var filter in new[] { "lid=700001@lid", "lid=700001", "phone=5511970000001", "phone=%2B55 11 97000-0001" })
        {
            var list = (await shop.GetAsync("lid-mappings?" + filter)).Body;
            var item = Assert.Single(list.GetProperty("items").EnumerateArray());
            Assert.Equal(("700001@lid", "5511970000001", "5511970000001@s.whatsapp.net", "manual"), (Text(item, "lid"), Text(item, "phoneNumber"), Text(item, "jid"), Text(item, "source")));
            Assert.True(item.GetProperty("updatedAt").GetDateTimeOffset() > DateTimeOffset.UnixEpoch.AddYears(50));
            Assert.Equal((1, JsonValueKind.Null), (list.GetProperty("total").GetInt32(), list.GetProperty("nextCursor").ValueKind));
        }
        Assert.Equal("5511970000001", Text(await shop.EventAsync("lid.mapped", data => Text(data, "lid") == "700001@lid"), "phoneNumber"));
    }

    [Fact]
    public async Task What_whatsapp_told_is_a_conflict_until_forced()
    {
        var ana = shop.Product.AddPhone("Ana");
        ana.SendText(shop.Phone.PhoneNumber, "learn me");
        await shop.EventAsync("lid.mapped", data => Text(data, "lid") == ana.Lid.ToString());
        var other = new { lid = "700099", phoneNumber = ana.PhoneNumber };

        var (status, refused) = await shop.PostAsync("lid-mappings", other);
        Assert.Equal((200, (0, 0, 1), false), (status, Counts(refused), refused.GetProperty("success").GetBoolean()));
        var conflict = refused.GetProperty("conflicts")[0];
        Assert.Equal(("700099@lid", ana.PhoneNumber, "server-learned"), (Text(conflict, "lid"), Text(conflict, "phoneNumber"), Text(conflict, "reason")));
        Assert.Equal((ana.Lid.ToString(), "message"), (Text(conflict.GetProperty("existing")[0], "lid"), Text(conflict.GetProperty("existing")[0], "source")));

        (status, var forced) = await shop.PostAsync("lid-mappings", new { mappings = new[] { other }, force = true });
        Assert.Equal((200, (0, 1, 0)), (status, Counts(forced)));
        Assert.Equal("700099@lid", Text((await shop.GetAsync("lid-mappings?phone=" + ana.PhoneNumber)).Body.GetProperty("items")[0], "lid"));
    }

    [Fact]
    public async Task A_thousand_pairs_are_taken_at_once_and_read_back_in_pages()
    {
        var mappings = Enumerable.Range(0, 1000).Select(i => new { lid = $"{900000 + i}", phoneNumber = $"99900{100000 + i}" });
        var (status, taken) = await shop.PostAsync("lid-mappings", new { mappings });
        Assert.Equal((201, (1000, 0, 0)), (status, Counts(taken)));
        (status, var mixed) = await shop.PostAsync("lid-mappings", new { mappings = new object[] { new { lid = "900000", phoneNumber = "99900100000" }, new { lid = "990000", phoneNumber = "99900990000" } } });
        Assert.Equal((201, (1, 1, 0)), (status, Counts(mixed)));

        var seen = new HashSet<string?>();
        string? cursor = null;
        do
        {
            var page = (await shop.GetAsync($"lid-mappings?limit=200&cursor={cursor}")).Body;
            Assert.True(page.GetProperty("total").GetInt32() >= 1001);
            Assert.All(page.GetProperty("items").EnumerateArray(), item => Assert.True(seen.Add(Text(item, "phoneNumber"))));
            cursor = Text(page, "nextCursor");
        }
        while (cursor is not null);
        Assert.Equal(1001, seen.Count(phone => phone!.StartsWith("99900", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{}""", "/lid"), InlineData("""{"lid":"1"}""", "/phoneNumber"), InlineData("""{"lid":"x@lid","phoneNumber":"5511970000001"}""", "/lid")]
    [InlineData("""{"lid":"1","phoneNumber":"12"}""", "/phoneNumber"), InlineData("""{"lid":"1@s.whatsapp.net","phoneNumber":"5511970000001"}""", "/lid")]
    [InlineData("""{"lid":"1","phoneNumber":"5@lid"}""", "/phoneNumber"), InlineData("""{"mappings":7}""", "/mappings"), InlineData("""{"mappings":[]}""", "/mappings")]
    [InlineData("""{"mappings":[7]}""", "/mappings/0"), InlineData("""{"mappings":[{"lid":"1","phoneNumber":"5511970000001"},{"lid":"1","phoneNumber":"5511970000002"}]}""", "/mappings/1/lid")]
    [InlineData("""{"lid":"1","phoneNumber":"5511970000001","force":"yes"}""", "/force")]
    public async Task What_cannot_be_read_is_refused_with_its_place(string body, string pointer)
    {
        var (status, problem) = await shop.PostAsync("lid-mappings", JsonElement.Parse(body));
        Assert.Equal((422, "validation-failed"), (status, Text(problem, "code")));
        Assert.Contains(pointer, problem.GetProperty("errors").EnumerateArray().Select(error => Text(error, "pointer")));
    }

    [Theory, InlineData("lid=abc"), InlineData("phone=abc"), InlineData("limit=0"), InlineData("limit=201"), InlineData("cursor=abc")]
    public async Task Filters_that_make_no_sense_are_refused(string query) => Assert.Equal(422, (await shop.GetAsync("lid-mappings?" + query)).Status);

    [Fact]
    public async Task More_than_a_thousand_pairs_are_refused() =>
        Assert.Equal(422, (await shop.PostAsync("lid-mappings", new { mappings = Enumerable.Range(0, 1001).Select(i => new { lid = $"{i}", phoneNumber = $"99900{100000 + i}" }) })).Status);
}
