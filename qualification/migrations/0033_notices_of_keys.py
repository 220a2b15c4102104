"""Let notices tell of API keys that expire."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0034_keys_and_answers'),
        ('qualification', '0032_roles_of_sites'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='noticechoice',
            name='notice_choice_kind_known',
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('handover', 'A lead was given to me'), ('due_soon', 'An answer is due soon'), ('breach', 'An answer is late'), ('hot_lead', 'A lead of mine is hot now'), ('mention', 'Somebody mentioned me'), ('wake_up', 'A lead woke up from nurture'), ('nobody_available', 'A lead waits and nobody is available'), ('absence', 'Work was handed over or back'), ('merge', 'A lead of mine was merged, or that was undone'), ('webhook', 'A webhook address does not answer'), ('key', 'An API key expires soon')], max_length=24),
        ),
        migrations.AlterField(
            model_name='noticechoice',
            name='kind',
            field=models.CharField(choices=[('handover', 'A lead was given to me'), ('due_soon', 'An answer is due soon'), ('breach', 'An answer is late'), ('hot_lead', 'A lead of mine is hot now'), ('mention', 'Somebody mentioned me'), ('wake_up', 'A lead woke up from nurture'), ('nobody_available', 'A lead waits and nobody is available'), ('absence', 'Work was handed over or back'), ('merge', 'A lead of mine was merged, or that was undone'), ('webhook', 'A webhook address does not answer'), ('key', 'An API key expires soon')], max_length=24),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['handover', 'due_soon', 'breach', 'hot_lead', 'mention', 'wake_up', 'nobody_available', 'absence', 'merge', 'webhook', 'key'])), name='notice_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['handover', 'due_soon', 'breach', 'hot_lead', 'mention', 'wake_up', 'nobody_available', 'absence', 'merge', 'webhook', 'key'])), name='notice_choice_kind_known'),
        ),
    ]
