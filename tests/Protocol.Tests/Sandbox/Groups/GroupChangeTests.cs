using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox.Groups;

public sealed class GroupChangeTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511900000002", "Bia");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    [Fact]
    public async Task A_client_makes_a_group_changes_it_and_leaves()
    {
        var caio = _network.AddPhone("5511900000003");
        await using var client = await _network.LinkAsync(_ana);
        var groups = new ScriptedGroups(client);
        var group = GroupQueries.ReadGroup(await groups.AskAsync(GroupCommands.Create(new NewGroup("Novo", [_bia.Jid]))))!.Id;
        Assert.Equal([_ana.Lid, _bia.Lid], (await groups.InfoAsync(group)).Members.Select(member => member.Jid));

        var added = MemberResults.Read(await groups.AskAsync(GroupCommands.Members(group, MemberAction.Add, [caio.Jid, _bia.Lid, Jid.Parse("5511999999999@s.whatsapp.net")])), MemberAction.Add);
        Assert.Equal([200, 409, 404], added.Select(one => one.Code));
        Assert.True(MemberResults.Read(await groups.AskAsync(GroupCommands.Members(group, MemberAction.Promote, [caio.Jid])), MemberAction.Promote).Single().Done);
        await groups.AskAsync(GroupCommands.Subject(group, "Outro"));
        await groups.AskAsync(GroupCommands.Description(group, "D1", null, "texto"));
        Assert.Equal("409", (await groups.AskAsync(GroupCommands.Description(group, "D2", "stale", "x"))).Child("error")!["code"]);
        await groups.AskAsync(GroupCommands.Setting(group, GroupSetting.Announcement, on: true));
        await groups.AskAsync(GroupCommands.Ephemeral(group, 86400));

        var info = await groups.InfoAsync(group);
        Assert.Equal(("Outro", "texto", 86400), (info.Subject, info.Description!.Text, info.Ephemeral));
        Assert.True(info.Has(GroupSetting.Announcement));
        Assert.Equal(GroupRole.Admin, info.Find(caio.Jid)!.Role);
        Assert.Equal([group], GroupQueries.ReadGroups(await groups.AskAsync(GroupQueries.Mine())).Select(one => one.Id));
        Assert.Equal([200], MemberResults.ReadLeave(await groups.AskAsync(GroupCommands.Leave([group]))).Select(one => one.Code));
        Assert.Empty(GroupQueries.ReadGroups(await groups.AskAsync(GroupQueries.Mine())));
    }

    [Fact]
    public async Task A_group_is_joined_by_its_code_until_the_code_changes()
    {
        await using var admin = await _network.LinkAsync(_ana);
        await using var guest = await _network.LinkAsync(_bia);
        var group = _network.AddGroup("Clientes", [_ana.PhoneNumber]).Id;
        var code = GroupQueries.ReadInviteCode(await new ScriptedGroups(admin).AskAsync(GroupQueries.InviteCode(group)))!;
        var groups = new ScriptedGroups(guest);
        Assert.Equal(group, GroupQueries.ReadGroup(await groups.AskAsync(GroupQueries.InviteInfo(code)))!.Id);
        Assert.Equal(group.ToString(), (await groups.AskAsync(GroupCommands.Join(code))).Child("group")!["jid"]);
        Assert.Equal("409", (await groups.AskAsync(GroupCommands.Join(code))).Child("error")!["code"]);
        Assert.Equal("403", (await groups.AskAsync(GroupCommands.RevokeInvite(group))).Child("error")!["code"]);

        Assert.NotEqual(code, GroupQueries.ReadInviteCode(await new ScriptedGroups(admin).AskAsync(GroupCommands.RevokeInvite(group))));
        Assert.Equal("410", (await groups.AskAsync(GroupCommands.Join(code))).Child("error")!["code"]);
    }

    [Fact]
    public async Task Only_admins_write_in_an_announcement_group()
    {
        await using var admin = await _network.LinkAsync(_ana);
        await using var member = await _network.LinkAsync(_bia);
        var group = _network.AddGroup("Avisos", [_ana.PhoneNumber, _bia.PhoneNumber]).Id;
        await new ScriptedGroups(admin).AskAsync(GroupCommands.Setting(group, GroupSetting.Announcement, on: true));
        var groups = new ScriptedGroups(member);
        Assert.Equal("403", (await groups.SendTextAsync(await groups.InfoAsync(group), "me too"))["error"]);
        Assert.Null((await new ScriptedGroups(admin).SendTextAsync(await new ScriptedGroups(admin).InfoAsync(group), "news"))["error"]);
    }

    [Fact]
    public async Task Groups_are_made_and_changed_through_the_control_API()
    {
        using var http = new HttpClient { BaseAddress = _network.ControlUrl };
        _network.AddPhone("5511900000003");
        var made = await http.PostAsJsonAsync("groups", new { subject = "Clientes", participants = new[] { "5511900000001", "+5511900000002" }, addressingMode = "pn" }, Limit);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>(Limit)).GetProperty("groupId").GetString()!;
        Assert.EndsWith("@g.us", id, StringComparison.Ordinal);

        var sent = await http.PostAsJsonAsync("phones/5511900000001/messages", new { to = id, text = "oi grupo" }, Limit);
        var messageId = (await sent.Content.ReadFromJsonAsync<JsonElement>(Limit)).GetProperty("messageId").GetString();
        Assert.Equal("oi grupo", (await _bia.WaitForMessageAsync(one => one.MessageId == messageId, Limit)).Text);
        var items = (await http.GetFromJsonAsync<JsonElement>("phones/5511900000002/messages", Limit)).GetProperty("items");
        Assert.Equal(id, items[0].GetProperty("to").GetString());

        var changed = await http.PostAsJsonAsync($"groups/{id}/participants", new { add = new[] { "5511900000003" }, remove = new[] { "5511900000002" } }, Limit);
        var group = await changed.Content.ReadFromJsonAsync<JsonElement>(Limit);
        Assert.Equal(["5511900000001", "5511900000003"], group.GetProperty("participants").EnumerateArray().Select(one => one.GetString()));
        Assert.Equal("pn", (await http.GetFromJsonAsync<JsonElement>($"groups/{id}", Limit)).GetProperty("addressingMode").GetString());
    }

    [Theory]
    [InlineData("groups", """{"participants":["5511900000001"]}""", HttpStatusCode.BadRequest)]
    [InlineData("groups", """{"subject":"x"}""", HttpStatusCode.BadRequest)]
    [InlineData("groups", """{"subject":"x","participants":["5511900000001"],"addressingMode":"both"}""", HttpStatusCode.BadRequest)]
    [InlineData("groups", """{"subject":"x","participants":["5511999999999"]}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("groups/1@g.us/participants", """{"add":[]}""", HttpStatusCode.NotFound)]
    public async Task Bad_group_bodies_are_answered_with_problems(string path, string body, HttpStatusCode status)
    {
        using var http = new HttpClient { BaseAddress = _network.ControlUrl };
        using var content = new StringContent(body);
        Assert.Equal(status, (await http.PostAsync(new Uri(path, UriKind.Relative), content, Limit)).StatusCode);
    }
}
