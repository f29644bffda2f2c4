namespace WhatsApp.Interop.Tests;

public class SolutionSmokeTest
{
    [Fact]
    public void Replace_me_with_the_first_real_test() => Assert.NotEmpty(AppContext.BaseDirectory);
}
