using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    [Fact]
    public async Task Keys_are_found_by_hash_replaced_and_removed_with_their_instance()
    {
        Assert.False(await Gateway.HasAdminKeyAsync(None));
        await Gateway.PutKeyAsync("h1", new ApiKeyInfo(["read", "send"], Ana), "shop", None);
        await Gateway.PutKeyAsync("h2", new ApiKeyInfo(["administrator"], null), "not an admin", None);
        Assert.False(await Gateway.HasAdminKeyAsync(None));

        await Gateway.PutKeyAsync("h2", new ApiKeyInfo(["read", "admin"], null), "first", None);
        Assert.True(await Gateway.HasAdminKeyAsync(None));
        var key = (await Gateway.FindKeyAsync("h1", None))!;
        Assert.Equal(["read", "send"], key.Scopes);
        Assert.Equal(Ana, key.InstanceId);

        await Gateway.DeleteKeysOfAsync(Ana, None);
        Assert.Null(await Gateway.FindKeyAsync("h1", None));
        Assert.Null((await Gateway.FindKeyAsync("h2", None))!.InstanceId);
    }

    [Fact]
    public async Task Answers_run_then_replay_then_expire()
    {
        var expires = Time.GetUtcNow().AddHours(24);
        Assert.Null(await Gateway.FindAnswerAsync("k", None));

        await Gateway.PutAnswerAsync("k", "body", null, expires, None);
        Assert.Equal(("body", null), await Gateway.FindAnswerAsync("k", None));

        await Gateway.PutAnswerAsync("k", "body", new StoredAnswer(201, "application/json", [1, 2], "/instances/x"), expires, None);
        var (hash, answer) = (await Gateway.FindAnswerAsync("k", None))!.Value;
        Assert.Equal("body", hash);
        Assert.Equal(201, answer!.Status);
        Assert.Equal([1, 2], answer.Body);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal("/instances/x", answer.Location);

        Time.Advance(TimeSpan.FromHours(24));
        Assert.Null(await Gateway.FindAnswerAsync("k", None));
    }

    [Fact]
    public async Task An_abandoned_answer_is_forgotten()
    {
        await Gateway.PutAnswerAsync("k", "body", null, Time.GetUtcNow().AddHours(1), None);
        await Gateway.DeleteAnswerAsync("k", None);
        Assert.Null(await Gateway.FindAnswerAsync("k", None));
    }

    [Fact]
    public async Task Of_a_named_key_only_the_kept_value_stays()
    {
        await Gateway.PutKeyAsync("old", new ApiKeyInfo(["admin"], null), "API_KEY", None);
        await Gateway.PutKeyAsync("new", new ApiKeyInfo(["admin"], null), "API_KEY", None);
        await Gateway.PutKeyAsync("other", new ApiKeyInfo(["read"], Ana), "shop", None);

        await Gateway.DeleteOtherKeysAsync("API_KEY", "new", None);

        Assert.Null(await Gateway.FindKeyAsync("old", None));
        Assert.NotNull(await Gateway.FindKeyAsync("new", None));
        Assert.NotNull(await Gateway.FindKeyAsync("other", None));
    }

    [Fact]
    public async Task Expired_answers_make_room_for_new_ones()
    {
        await Gateway.PutAnswerAsync("old", "body", new StoredAnswer(200, "", [1], null), Time.GetUtcNow().AddMinutes(1), None);
        Time.Advance(TimeSpan.FromMinutes(2));

        await Gateway.PutAnswerAsync("new", "body", null, Time.GetUtcNow().AddMinutes(1), None);
        await Gateway.PutAnswerAsync("old", "other body", null, Time.GetUtcNow().AddMinutes(1), None);

        Assert.Equal(("other body", null), await Gateway.FindAnswerAsync("old", None));
        Assert.NotNull(await Gateway.FindAnswerAsync("new", None));
    }
}
